"""The results for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from container.contract import MEBIBYTE
from deploy.cost.prices import Prices
from deploy.cost.report import money
from deploy.tune.choice import Choice, cost_of
from deploy.tune.measured import TRIM, Measured, Size

HEADS = ("", "memory", "p50", "p95", "p99", "mean", "cold start", "peak", "$ per million", "")


def lines(measured: Measured, choice: Choice, prices: Prices) -> list[str]:
    """A row for each size, with an arrow at the chosen one; then what several clients saw, and the sentence."""
    rows = [HEADS, *(_row(size, choice, prices) for size in measured.sizes.values())]
    said = [*_columns(rows), ""]
    if any(size.levels for size in measured.sizes.values()):
        said += [
            *_columns([("", "memory", "clients", "p50", "p95", "cold", "throttled", "failed", ""), *_levels(measured)])
        ]
        said += [""]
    calls, colds = measured.tuning.calls, measured.tuning.colds
    said.append(
        f"milliseconds of {'up to ' if measured.interrupted else ''}{calls} warm call{'s' * (calls > 1)} each, "
        f"{seen_by(measured.target)}; mean of the middle {1 - 2 * TRIM:.0%}; {colds} cold start{'s' * (colds > 1)}"
    )
    said += list(measured.notes)
    if prices.note:
        said.append(prices.note)
    return [*said, "", ("→ " if choice.memory_mb else "✗ ") + choice.sentence]


def _row(size: Size, choice: Choice, prices: Prices) -> tuple[str, ...]:
    arrow = "→" if size.memory_mb == choice.memory_mb else ""
    latency, cost = size.latency, cost_of(size, prices, 1)
    times: tuple[str, ...] = ("—",) * 4
    if latency is not None:
        times = tuple(milliseconds(value) for value in (latency.p50, latency.p95, latency.p99, latency.mean))
    cold = "—" if size.cold_ms is None else milliseconds(size.cold_ms)
    peak = f"{math.ceil(size.peak_bytes / MEBIBYTE)} MB" if size.peak_bytes else "—"
    usd = money(cost.call * 1_000_000) if cost else "—"
    return (arrow, f"{size.memory_mb} MB", *times, cold, peak, usd, _short(size.why_not))


def _levels(measured: Measured) -> list[tuple[str, ...]]:
    return [
        (
            "",
            f"{size.memory_mb} MB",
            str(level.clients),
            milliseconds(level.latency.p50) if level.latency else "—",
            milliseconds(level.latency.p95) if level.latency else "—",
            *map(str, (level.cold, level.throttled, level.failed)),
            "",
        )
        for size in measured.sizes.values()
        for level in size.levels
    ]


def seen_by(target: str) -> str:
    """Whose clock the latency is of: AWS says nobody what a single call took."""
    return "as the caller sees it" if target == "aws" else "as billed"


def milliseconds(took: float) -> str:
    """A time, without its unit."""
    return f"{took:,.0f}" if took >= 100 else f"{took:.1f}"


def _short(text: str) -> str:
    return text if len(text) <= 70 else text[:69] + "…"


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Aligned to the right, but for the last, which is words."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    aligned = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False)) for row in rows]
    return [f"{line}  {row[-1]}".rstrip() for line, row in zip(aligned, rows, strict=True)]
