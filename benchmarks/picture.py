"""docs/benchmarks.svg: four groups of horizontal bars, in colours that can be read on white and on black."""

from __future__ import annotations

from html import escape

from benchmarks.targets import Results

WIDTH, LABELS, NUMBERS = 820, 330, 90
BAR, GAP, TITLE = 18, 6, 40
CHARTS = (
    ("launch_ms", "Launch → first correct prediction", "ms", "less is better", ",.0f"),
    ("pss_mb", "Memory (PSS) after 200 requests", "MB", "less is better", ",.0f"),
    ("p50_ms", "One row, p50", "ms", "less is better", ".2f"),
    ("rows_10000_per_s", "Rows per second, 10,000 in a request", "", "more is better", ",.0f"),
)
# Greens for Coppice, grey for the others; GitHub shows the picture on #ffffff or #0d1117 and says which to the style.
_STYLE = """
text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.hint { fill: #59636e; }
.coppice { fill: #2da44e; }
.other { fill: #8c959f; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .hint { fill: #9198a1; } }
"""


def draw(results: Results) -> str:
    """The picture as text."""
    y, parts = 0, []
    for figure, title, unit, hint, form in CHARTS:
        bars = [
            (key, each["title"], each[figure])
            for key, each in results["servers"].items()
            if each.get(figure) is not None
        ]
        if not bars:
            continue
        y += TITLE
        parts.append(
            f'<text x="8" y="{y - 14}"><tspan class="title">{escape(title)}</tspan>'
            f'<tspan class="hint" dx="10">{hint}</tspan></text>'
        )
        longest = max(value for _, _, value in bars)
        for key, name, value in bars:
            parts.append(_bar(y, key, name, value / longest, f"{value:{form}} {unit}".strip()))
            y += BAR + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" width="{WIDTH}" role="img">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>"]) + "\n"


def _bar(y: int, key: str, name: str, share: float, label: str) -> str:
    kind = "coppice" if key in ("forest", "numpy", "sklearn") else "other"
    length = max(1.0, share * (WIDTH - LABELS - NUMBERS))
    middle = y + BAR - 5
    return (
        f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
        f'<text x="{LABELS + length + 6:.1f}" y="{middle}">{escape(label)}</text>'
    )
