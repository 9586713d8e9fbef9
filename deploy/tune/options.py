"""What a tuning is asked to do."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from deploy.endpoint.limits import MAX_CONCURRENCY, MEMORY_SIZES_MB
from deploy.errors import UsageError

HEADROOM: Final = 0.2
"""How much more memory than the measured peak a size has to have: a share of the peak."""
DEFAULT_WEIGHT: Final = 0.5


class Goal(StrEnum):
    """What is chosen for."""

    cost = "cost"
    speed = "speed"
    balanced = "balanced"


class Strategy(NamedTuple):
    """A goal; `weight` is that of the cost, between 0 (speed alone) and 1 (cost alone), where it is balanced."""

    goal: Goal
    weight: float = DEFAULT_WEIGHT

    def __str__(self) -> str:
        return f"{self.goal}:{self.weight:g}" if self.goal is Goal.balanced else str(self.goal)


class Tuning(NamedTuple):
    """`sizes` in MB, ascending. `calls` are the warm ones of each size, `colds` its cold starts; `levels` are how many
    clients call at a time. `current_mb` is the size that the choice is held against."""

    sizes: tuple[int, ...]
    calls: int
    colds: int
    levels: tuple[int, ...]
    strategy: Strategy
    calls_per_month: int
    current_mb: int
    max_concurrency: int


def together(tuning: Tuning, clients: int) -> int:
    """How many calls so many clients make: at least four each, and at least half as many as one makes alone."""
    return max(4 * clients, tuning.calls // 2)


def calls_each(tuning: Tuning) -> int:
    """How many calls a size gets altogether: cold starts, warm ones, and those of several clients."""
    return tuning.colds + tuning.calls + sum(together(tuning, clients) for clients in tuning.levels if clients > 1)


def sizes(text: str | None) -> tuple[int, ...]:
    """Memory sizes in MB, ascending: all there are, or those in a list such as 1024,2048 or 1GB,2GB."""
    if text is None:
        return MEMORY_SIZES_MB
    found = sorted({_size(part) for part in text.split(",")})
    wrong = [size for size in found if size not in MEMORY_SIZES_MB]
    if wrong:
        known = ", ".join(map(str, MEMORY_SIZES_MB))
        raise UsageError(f"--memory takes sizes that SageMaker has ({known}); {wrong[0]} is none.")
    return tuple(found)


def current(memory_mb: int) -> int:
    """The size to compare with, if SageMaker has it."""
    if memory_mb not in MEMORY_SIZES_MB:
        known = ", ".join(map(str, MEMORY_SIZES_MB))
        raise UsageError(
            f"The current size is one that SageMaker has ({known}); {memory_mb} MB is none.", "Name it: --current 2048"
        )
    return memory_mb


def _size(text: str) -> int:
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*(mb|mib|gb|gib)?\s*", text.lower())
    if not found:
        raise UsageError(f"--memory takes sizes such as 1024,2048; this is {text!r}.")
    return int(found[1]) * (1024 if (found[2] or "").startswith("g") else 1)


def levels(text: str) -> tuple[int, ...]:
    """How many clients call at a time, ascending: a list such as 1,2,4."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,3}", part) and 1 <= int(part) <= MAX_CONCURRENCY for part in parts):
        raise UsageError(f"--concurrency takes numbers of clients, 1 to {MAX_CONCURRENCY}: 1,2,4; this is {text!r}.")
    return tuple(sorted({int(part) for part in parts}))


def strategy(text: str) -> Strategy:
    """cost, speed, balanced, or balanced:WEIGHT."""
    goal, colon, weight = text.partition(":")
    try:
        found = Strategy(Goal(goal), float(weight) if colon else DEFAULT_WEIGHT)
    except ValueError:
        found = None
    if found is None or (colon and found.goal is not Goal.balanced) or not 0 <= found.weight <= 1:
        raise UsageError(
            f"--strategy takes cost, speed, balanced or balanced:WEIGHT; this is {text!r}.",
            "WEIGHT is the cost's, from 0 (as speed) to 1 (as cost): balanced:0.7",
        )
    return found
