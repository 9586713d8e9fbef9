"""Which size: the cheapest, the fastest, or what lies between, among those that the model fits with headroom."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from container.contract import MEBIBYTE
from deploy.cost.estimate import Estimate, Load, estimate
from deploy.cost.prices import Prices
from deploy.tune.measured import Latency, Measured, Size
from deploy.tune.options import Goal, Strategy

SAME: Final = 0.05
"""Latencies that differ by less than this share count as the same: no measurement here is more exact."""
SAME_MONEY: Final = 0.005
"""Costs that differ by less than this share are shown as the same; where memory brings CPU, the faster is for free."""


class Choice(NamedTuple):
    """The recommended size, None where none can be; and why, in a sentence."""

    memory_mb: int | None
    sentence: str


def cost_of(size: Size, prices: Prices, calls_per_month: int) -> Estimate | None:
    """What a month of warm calls costs at this size; None where none was measured."""
    billed = size.billed_ms
    if billed is None:
        return None
    return estimate(Load(size.memory_mb, billed, calls_per_month, size.payload_bytes), prices)


class _Candidate(NamedTuple):
    size: Size
    latency: Latency
    usd: float


def choose(measured: Measured, prices: Prices) -> Choice:
    """The size that the strategy prefers. Equally good ones go to the smaller."""
    candidates = [found for size in measured.sizes.values() if (found := _candidate(size, prices)) is not None]
    if not candidates:
        return Choice(None, _none(measured))
    chosen = _best(candidates, measured.tuning.strategy)
    return Choice(chosen.size.memory_mb, _sentence(chosen, measured, prices))


def _candidate(size: Size, prices: Prices) -> _Candidate | None:
    cost, latency = cost_of(size, prices, 1), size.latency
    return _Candidate(size, latency, cost.call) if size.fits and cost is not None and latency is not None else None


def _best(candidates: list[_Candidate], strategy: Strategy) -> _Candidate:
    least = min(one.usd for one in candidates)
    cheapest = min((one for one in candidates if one.usd <= least * (1 + SAME_MONEY)), key=lambda one: one.latency.mean)
    fastest = min(candidates, key=lambda one: one.latency.mean)
    if strategy.goal is Goal.cost:
        return cheapest
    if strategy.goal is Goal.speed:
        as_fast = [one for one in candidates if one.latency.mean <= fastest.latency.mean * (1 + SAME)]
        return min(as_fast, key=lambda one: one.size.memory_mb)
    weight = strategy.weight

    def score(one: _Candidate) -> float:
        dear = one.usd / least if least else 1.0
        slow = one.latency.mean / fastest.latency.mean if fastest.latency.mean else 1.0
        return weight * dear + (1 - weight) * slow

    return min(candidates, key=score)


def _sentence(chosen: _Candidate, measured: Measured, prices: Prices) -> str:
    current_mb = measured.tuning.current_mb
    peak = f"peak memory {math.ceil(chosen.size.peak_bytes / MEBIBYTE)} MB"
    named = f"{chosen.size.memory_mb} MB"
    if chosen.size.memory_mb == current_mb:
        return f"{named}, as now; {peak}"
    current = measured.sizes.get(current_mb)
    if current is None or not (current.warm or current.stopped):
        return f"{named} ({current_mb} MB wasn't measured); {peak}"
    now = _candidate(current, prices)
    if now is None:
        return f"{named}; {current_mb} MB won't do: {_briefly(current)}; {peak}"
    return f"{named}: {_compared(chosen, now)}; {peak}"


def _compared(chosen: _Candidate, now: _Candidate) -> str:
    current = f"{now.size.memory_mb} MB"
    cost = _change(chosen.usd / now.usd if now.usd else 1.0, "cheaper", "dearer")
    speed = _change(chosen.latency.mean / now.latency.mean if now.latency.mean else 1.0, "faster", "slower")
    if cost and speed:
        return f"{cost}, {speed} than {current}"
    if cost:
        return f"{cost} than {current}, and as fast"
    if speed:
        return f"{speed} than {current}, for the same money"
    return f"as fast as {current}, for the same money"


def _change(ratio: float, less: str, more: str) -> str:
    """Empty where it rounds to nothing."""
    percent = round(100 * abs(1 - ratio))
    return f"{percent} % {less if ratio < 1 else more}" if percent else ""


def _briefly(size: Size) -> str:
    """Why a size won't do; what SageMaker says of one that is outgrown is long, and in the table."""
    return "out of memory" if size.out_of_memory else size.why_not


def _none(measured: Measured) -> str:
    if measured.interrupted:
        return "no size can be recommended: the measurement was interrupted before one was done"
    reasons = "; ".join(f"{size.memory_mb} MB: {_briefly(size)}" for size in measured.sizes.values())
    return f"no size can be recommended: {reasons}"
