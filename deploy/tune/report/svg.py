"""The little of SVG that charts are drawn with. Numbers are in the drawing's own units; text is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 420
"""Of every drawing. It is scaled to the page: at 360 px letters of 12 units can still be read."""


class Scale(NamedTuple):
    """From a value to a place: `low` lies at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where a value lies."""
        low, high = self._turned(self.low), self._turned(self.high)
        share = (self._turned(value) - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 4) -> list[float]:
        """Round values to mark, `count` or a few more."""
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            step = max(1, math.ceil((last - first + 1) / (count + 1)))
            return [10.0**power for power in range(first, last + 1, step)]
        span = self.high - self.low or 1.0
        magnitude = 10 ** math.floor(math.log10(span / count))
        step = min((magnitude * factor for factor in (1, 2, 2.5, 5, 10)), key=lambda one: abs(span / count - one))
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _turned(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value


def drawing(name: str, title: str, description: str, height: float, parts: Sequence[str]) -> str:
    """A whole drawing, which says what it shows to those who can't see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{name}-title {name}-what">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-what">{escape(description)}</desc>'
        + "".join(parts)
        + "</svg>"
    )


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    """A line of text whose baseline is at y."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{_class(kind)}>{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "") -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{_class(kind)}/>'


def bar(x: float, y: float, width: float, height: float, kind: str = "", told: str = "") -> str:
    """A rectangle; `told` is what a pointer over it shows."""
    shown = f"<title>{escape(told)}</title>" if told else ""
    size = f'width="{max(width, 0):.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size}{_class(kind)}>{shown}</rect>'


def dot(x: float, y: float, radius: float, kind: str = "", told: str = "") -> str:
    """A filled circle."""
    shown = f"<title>{escape(told)}</title>" if told else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"{_class(kind)}>{shown}</circle>'


def path(points: Sequence[tuple[float, float]], kind: str = "") -> str:
    """A line through points."""
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"{_class(kind)}/>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
