"""Metrics as a table with a sparkline in each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deploy.observe.metrics import Measured, Summary
from deploy.observe.table import columns

_BARS: Final = "▁▂▃▄▅▆▇█"
_HEAD: Final = ("", "total", "average", "p50", "p99", "max", "")
_NUMBERS: Final = (1, 2, 3, 4, 5)


def table(measured: Measured) -> list[str]:
    """One metric a line; `-` is what nobody reported, empty what a metric hasn't got."""
    return columns([_HEAD, *(_row(summary) for summary in measured.summaries)], right=_NUMBERS)


def sparkline(points: Sequence[float | None]) -> str:
    """A bar for each point, from nothing to the largest of them; a dot where there is none."""
    most = max((point for point in points if point is not None), default=0.0)
    return "".join("·" if point is None else _bar(point, most) for point in points)


def _bar(point: float, most: float) -> str:
    return _BARS[round(point / most * (len(_BARS) - 1)) if most > 0 else 0]


def _row(summary: Summary) -> Sequence[str]:
    unit = {"count": "", "percent": " %"}.get(summary.metric.unit, f" {summary.metric.unit}")
    if summary.metric.counts:
        numbers = [_number(summary.total, ""), "", "", "", ""]
    else:
        between = [summary.p50, summary.p99] if summary.metric.timed else [None, None]
        shown = [_number(value, unit) for value in (summary.average, *between, summary.maximum)]
        numbers = ["", *shown] if summary.metric.timed else ["", shown[0], "", "", shown[3]]
    return summary.metric.title, *numbers, sparkline(summary.points)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if not unit or value >= 100:
        return f"{value:,.0f}{unit}"
    return f"{value:.1f}{unit}" if value >= 10 else f"{value:.2f}{unit}"
