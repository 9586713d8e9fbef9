"""What so many calls cost a month, and from how many on something else is cheaper. Pure arithmetic.

    a call = seconds · GB · price of a GB-second + bytes · price of a GB
    a month = calls · a call + provisioned · GB · seconds of a month · price of a warm GB-second

A call that provisioned concurrency answers is priced as any other. AWS's list has it a little cheaper; by how much we
don't know, so a provisioned estimate is an upper bound.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from deploy.cost.prices import Prices
from deploy.errors import UsageError

HOURS: Final = 730
"""In a month, as AWS's own calculators have it."""
GB: Final = 1024**3
SECONDS: Final = HOURS * 3600


class Load(NamedTuple):
    """What is asked of an endpoint. `payload_bytes` go in and out together, for each call."""

    memory_mb: int
    duration_ms: float
    calls_per_month: float
    payload_bytes: int = 0
    provisioned: int = 0


class BreakEven(NamedTuple):
    """An instance that is always there. `calls` a month cost the same on serverless; None where calls cost nothing.

    `busy`: how many of them are being answered at any time at that rate. An instance has to keep up with it.
    """

    instance: str
    usd_per_month: float
    calls: float | None
    busy: float | None


class Estimate(NamedTuple):
    """US dollars."""

    load: Load
    prices: Prices
    call_compute: float
    call_data: float
    month_calls: float
    month_provisioned: float
    break_even: tuple[BreakEven, ...]

    @property
    def call(self) -> float:
        """Of one call."""
        return self.call_compute + self.call_data

    @property
    def month(self) -> float:
        """Of a month."""
        return self.month_calls + self.month_provisioned


def call_usd(memory_mb: int, duration_ms: float, prices: Prices) -> float:
    """What the seconds of one call cost; data isn't in it."""
    return duration_ms / 1000 * memory_mb / 1024 * prices.serverless_gb_second.usd


def estimate(load: Load, prices: Prices, instances: tuple[str, ...] = ()) -> Estimate:
    """The estimate, and the break-even against each of `instances`. Raises UsageError for a price that isn't known."""
    compute = call_usd(load.memory_mb, load.duration_ms, prices)
    data = load.payload_bytes / GB * prices.data_gb.usd if prices.data_gb else 0.0
    warm = _warm(load, prices)
    calls = load.calls_per_month * (compute + data)
    return Estimate(
        load, prices, compute, data, calls, warm, tuple(_break_even(kind, load, prices, warm) for kind in instances)
    )


def _warm(load: Load, prices: Prices) -> float:
    if not load.provisioned:
        return 0.0
    if prices.provisioned_gb_second is None:
        raise UsageError(
            f"The price of provisioned concurrency in {prices.region} isn't in the table.", "Add it: --prices FILE"
        )
    return load.provisioned * load.memory_mb / 1024 * SECONDS * prices.provisioned_gb_second.usd


def _break_even(kind: str, load: Load, prices: Prices, warm: float) -> BreakEven:
    """Data isn't in it: it costs the same either way."""
    price = prices.instance_hours.get(kind)
    if price is None:
        known = ", ".join(sorted(prices.instance_hours)) or "none"
        raise UsageError(
            f"The price of {kind} in {prices.region} isn't in the table.",
            f"It has: {known}. Add others: --prices FILE",
        )
    month, call = price.usd * HOURS, call_usd(load.memory_mb, load.duration_ms, prices)
    if not call:
        return BreakEven(kind, month, None, None)
    calls = max(0.0, month - warm) / call
    return BreakEven(kind, month, calls, calls * load.duration_ms / 1000 / SECONDS)
