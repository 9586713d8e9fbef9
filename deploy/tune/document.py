"""The results for programs: results.json and --json. docs/tune.schema.json describes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from container import __version__
from deploy.cost.estimate import BreakEven, Load, estimate
from deploy.cost.prices import Prices
from deploy.cost.report import prices_document
from deploy.tune.choice import Choice, cost_of
from deploy.tune.measured import TRIM, Latency, Level, Measured, Size
from deploy.tune.options import HEADROOM

SCHEMA_VERSION: Final = 1


def document(measured: Measured, choice: Choice, prices: Prices, model: str) -> dict[str, Any]:
    """All that was measured and what it comes to. Times are in milliseconds, sizes in MB or bytes, prices in USD."""
    tuning = measured.tuning
    return {
        "schema_version": SCHEMA_VERSION,
        "coppice_version": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model,
        "target": measured.target,
        "notes": list(measured.notes),
        "interrupted": measured.interrupted,
        "asked": {
            "memory_mb": list(tuning.sizes),
            "calls": tuning.calls,
            "cold_starts": tuning.colds,
            "concurrency": list(tuning.levels),
            "strategy": str(tuning.strategy),
            "calls_per_month": tuning.calls_per_month,
            "current_memory_mb": tuning.current_mb,
            "max_concurrency": tuning.max_concurrency,
        },
        "method": {"trimmed_share_at_either_end": TRIM, "memory_headroom": HEADROOM},
        "recommendation": {"memory_mb": choice.memory_mb, "sentence": choice.sentence},
        "sizes": [_size(size, prices, tuning.calls_per_month) for size in measured.sizes.values()],
        "prices": {"asked_region": prices.asked, **prices_document(prices)},
    }


def _size(size: Size, prices: Prices, calls_per_month: int) -> dict[str, Any]:
    cost = cost_of(size, prices, calls_per_month)
    return {
        "memory_mb": size.memory_mb,
        "fits": size.fits,
        "why_not": size.why_not or None,
        "out_of_memory": size.out_of_memory,
        "peak_memory_bytes": size.peak_bytes,
        "latency_ms": _latency(size.latency),
        "caller_latency_ms": _latency(Latency.of([answered.client_ms for answered in size.warm])),
        "cold_starts": {
            "count": len(size.colds),
            "milliseconds": size.cold_ms,
            "parts": dict(size.cold_parts),
            "billed_milliseconds": size.billed_cold_ms,
        },
        "concurrency": [_level(level) for level in size.levels],
        "billed_ms": size.billed_ms,
        "failed_calls": len(size.failures),
        "payload_bytes": size.payload_bytes,
        "usd_per_call": cost.call if cost else None,
        "usd_per_month": cost.month if cost else None,
        "break_even": _break_evens(size, prices),
    }


def _break_evens(size: Size, prices: Prices) -> list[dict[str, Any]]:
    """Against every instance type whose price is known: from so many calls a month on it is cheaper than serverless on
    demand, and than with one provisioned."""
    billed = size.billed_ms
    if billed is None:
        return []
    load, kinds = Load(size.memory_mb, billed, 1, size.payload_bytes), tuple(prices.instance_hours)
    on_demand = estimate(load, prices, kinds).break_even
    warm: tuple[BreakEven | None, ...] = (None,) * len(kinds)
    if prices.provisioned_gb_second is not None:
        warm = estimate(load._replace(provisioned=1), prices, kinds).break_even
    return [_break_even(point, provisioned) for point, provisioned in zip(on_demand, warm, strict=True)]


def _break_even(point: BreakEven, provisioned: BreakEven | None) -> dict[str, Any]:
    return {
        "instance_type": point.instance,
        "usd_per_month": point.usd_per_month,
        "calls_per_month": point.calls,
        "calls_under_way": point.busy,
        "calls_per_month_with_one_provisioned": provisioned.calls if provisioned else None,
    }


def _latency(latency: Latency | None) -> dict[str, float] | None:
    if latency is None:
        return None
    return {name: round(value, 3) for name, value in latency._asdict().items()}


def _level(level: Level) -> dict[str, Any]:
    return {
        "clients": level.clients,
        "caller_latency_ms": _latency(level.latency),
        "cold_starts": level.cold,
        "throttled": level.throttled,
        "failed": level.failed,
    }
