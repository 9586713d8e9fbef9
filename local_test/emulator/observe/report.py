"""The line that a call leaves behind, as Lambda's calls do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from container.contract import MEBIBYTE
from local_test.emulator.observe.price import REGION, usd

BILLS_COLD_START: Final = True
"""An assumption: whether SageMaker bills the start of a serverless instance isn't documented. Lambda bills its own.
The model's download isn't counted: no container runs meanwhile."""
DIGITS: Final = 3
"""Significant ones, of a price."""


class Report(NamedTuple):
    """What is known of a call. Times are in seconds; None where there was none."""

    request_id: str
    region: str
    duration_seconds: float | None
    """From the request to the instance to its answer; None for a call that reached no instance."""
    cold_init_seconds: float | None = None
    """The start of the container, up to its first 200 on /ping, if this call waited for one."""
    start_parts: Mapping[str, float] = MappingProxyType({})
    """Milliseconds of that start, where the container says what it was made of: they may come later than the call's
    end."""
    download_seconds: float | None = None
    """The model's, if this call waited for it."""
    memory_mb: int | None = None
    """The size of a serverless endpoint; None for the others, which aren't billed by the call."""
    max_used_bytes: int = 0
    """As measured; 0 where nothing was."""
    provisioned: bool = False
    """On provisioned concurrency, whose price isn't known here."""
    outcome: str = ""
    """Of a call that failed: `status 424 ModelError …`, `throttled`."""

    @property
    def billed_ms(self) -> int | None:
        """Milliseconds, of a serverless call that reached an instance."""
        if self.memory_mb is None or self.duration_seconds is None:
            return None
        init = self.cold_init_seconds if BILLS_COLD_START else None
        return _milliseconds(self.duration_seconds) + _milliseconds(init or 0)

    @property
    def price(self) -> float | None:
        """In US dollars."""
        if self.billed_ms is None or self.memory_mb is None or self.provisioned:
            return None
        return usd(self.billed_ms, self.memory_mb)

    def numbers(self) -> dict[str, Any]:
        """For programs: milliseconds (rounded to a tenth), bytes and US dollars; None where there was nothing."""
        spans = {
            "duration_ms": self.duration_seconds,
            "cold_init_ms": self.cold_init_seconds,
            "download_ms": self.download_seconds,
        }
        return {
            **{name: None if took is None else round(1000 * took, 1) for name, took in spans.items()},
            "start_ms": self.start,
            "billed_ms": self.billed_ms,
            "memory_mb": self.memory_mb,
            "max_used_bytes": self.max_used_bytes,
            "usd": self.price,
            "outcome": self.outcome,
        }

    def line(self) -> str:
        """For the terminal and the log; what doesn't apply is left out."""
        used = math.ceil(self.max_used_bytes / MEBIBYTE)
        parts = (
            f"REPORT {self.request_id}",
            _time("cold init", self.cold_init_seconds) + self._start(),
            _time("download", self.download_seconds),
            _time("duration", self.duration_seconds),
            f"billed {self.billed_ms} ms" if self.billed_ms is not None else "",
            f"memory {self.memory_mb} MB" if self.memory_mb is not None else "",
            f"max used {used} MB" if used else "",
            self._price(),
            self.outcome,
        )
        return "  ".join(part for part in parts if part)

    @property
    def start(self) -> dict[str, int]:
        """Whole milliseconds of a cold start, in order: `container` is what passed before and after the program's own
        parts. Empty where the container doesn't say."""
        if self.cold_init_seconds is None or not self.start_parts:
            return {}
        parts = {part: round(took) for part, took in dict(self.start_parts).items()}
        return {"container": max(0, _milliseconds(self.cold_init_seconds) - sum(parts.values())), **parts}

    def _start(self) -> str:
        return f" ({', '.join(f'{part} {took}' for part, took in self.start.items())})" if self.start else ""

    def _price(self) -> str:
        if self.price is None:
            return ""
        where = "" if self.region == REGION else f" ({REGION})"
        return f"≈ ${_significant(self.price)}{where}"


def _time(name: str, seconds: float | None) -> str:
    return "" if seconds is None else f"{name} {_milliseconds(seconds)} ms"


def _milliseconds(seconds: float) -> int:
    """Rounded up, each by itself, so that a line adds up. (A float's last digit isn't a millisecond more.)"""
    return math.ceil(round(seconds * 1000, 6))


def _significant(price: float) -> str:
    decimals = DIGITS - 1 - math.floor(math.log10(price)) if price else DIGITS
    return f"{price:.{max(decimals, 0)}f}"
