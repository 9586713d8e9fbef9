"""Four drawings over the results: latency against cost, what a cold start is made of, memory, and the month."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from container.contract import MEBIBYTE
from deploy.cost.estimate import SECONDS
from deploy.cost.report import count, money
from deploy.tune.report.svg import WIDTH, Scale, bar, dot, drawing, line, path, text

LEFT: Final = 64
RIGHT: Final = WIDTH - 14
ROW: Final = 34
LABEL_WIDTH: Final = 34
LABEL_HEIGHT: Final = 13
MILLION: Final = 1_000_000
Size = Mapping[str, Any]


def latency_against_cost(found: Mapping[str, Any]) -> str:
    """A point for each size: what a million calls cost, and how long one takes, with a whisker to p95."""
    sizes = [size for size in found["sizes"] if size["latency_ms"]]
    chosen = found["recommendation"]["memory_mb"]
    height, bottom = 250, 210
    across = Scale(0, 1.15 * max(size["usd_per_call"] * MILLION for size in sizes), LEFT, RIGHT)
    up = Scale(0, 1.1 * max(size["latency_ms"]["p95"] for size in sizes), bottom, 14)
    labels: list[str] = []
    parts = _grid(across, up, bottom, _short_money, lambda took: f"{took:g} ms")
    tops = [(across.at(size["usd_per_call"] * MILLION), up.at(size["latency_ms"]["p95"]) - 5) for size in sizes]
    for size, (x, top) in zip(sizes, apart(tops), strict=True):
        latency = size["latency_ms"]
        kind = "chosen" if size["memory_mb"] == chosen else "plain" if size["fits"] else "unfit"
        told = f"{size['memory_mb']} MB: p50 {latency['p50']:.1f} ms, p95 {latency['p95']:.1f} ms"
        parts.append(line(x, up.at(latency["p50"]), x, up.at(latency["p95"]), f"whisker {kind}"))
        parts.append(dot(x, up.at(latency["p50"]), 6 if kind == "chosen" else 4.5, kind, told))
        labels.append(text(x, top, f"{size['memory_mb']}", f"label {kind}", "middle"))
    parts += labels  # above what is drawn, as where sizes cost the same their lines lie upon each other
    parts.append(text((LEFT + RIGHT) / 2, height - 6, "cost of a million calls", "axis", "middle"))
    said = "; ".join(
        f"{size['memory_mb']} MB: {money(size['usd_per_call'] * MILLION)} per million calls, "
        f"p50 {size['latency_ms']['p50']:.1f} ms, p95 {size['latency_ms']['p95']:.1f} ms"
        for size in sizes
    )
    return drawing("latency", "Latency against cost", said, height, parts)


def apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The places of labels, moved up where one would cover another."""
    moved: dict[int, tuple[float, float]] = {}
    for number, (x, y) in sorted(enumerate(places), key=lambda each: -each[1][1]):
        for other_x, other_y in sorted(moved.values(), key=lambda each: -each[1]):
            if abs(x - other_x) < LABEL_WIDTH and abs(y - other_y) < LABEL_HEIGHT:
                y = other_y - LABEL_HEIGHT
        moved[number] = x, y
    return [moved[number] for number in range(len(places))]


def cold_starts(found: Mapping[str, Any]) -> str:
    """A bar for each size, of the parts one after the other."""
    sizes = [size for size in found["sizes"] if size["cold_starts"]["count"]]
    names = part_names(found)
    longest = max(sum(size["cold_starts"]["parts"].values()) for size in sizes)
    across = Scale(0, longest, LEFT, RIGHT - 44)
    parts, told = [], []
    for row, size in enumerate(sizes):
        y, x = 6 + row * ROW, float(LEFT)
        made_of = size["cold_starts"]["parts"]
        parts.append(text(LEFT - 8, y + 16, f"{size['memory_mb']} MB", "label", "end"))
        for name, took in made_of.items():
            width = across.at(took) - LEFT
            parts.append(bar(x, y, width, 22, f"part-{names.index(name)}", f"{name} {took:.0f} ms"))
            x += width
        parts.append(text(x + 5, y + 16, f"{size['cold_starts']['milliseconds']:,.0f} ms", "value"))
        told.append(f"{size['memory_mb']} MB: " + ", ".join(f"{name} {took:.0f} ms" for name, took in made_of.items()))
    return drawing("cold", "What a cold start is made of", "; ".join(told), 6 + len(sizes) * ROW, parts)


def part_names(found: Mapping[str, Any]) -> list[str]:
    """The parts of cold starts, in the order in which they come."""
    return list(dict.fromkeys(name for size in found["sizes"] for name in size["cold_starts"]["parts"]))


def memory(found: Mapping[str, Any]) -> str:
    """A bar for each size's limit, filled to the peak, with a mark at peak and headroom."""
    sizes: Sequence[Size] = found["sizes"]
    across = Scale(0, max(size["memory_mb"] for size in sizes), LEFT, RIGHT)
    headroom = 1 + found["method"]["memory_headroom"]
    parts, told = [], []
    for row, size in enumerate(sizes):
        y, limit = 6 + row * ROW, size["memory_mb"]
        peak = size["peak_memory_bytes"] / MEBIBYTE
        said = "outgrew it" if size["out_of_memory"] else f"peak {math.ceil(peak)} MB" if peak else "not measured"
        used = limit if size["out_of_memory"] else min(peak, limit)
        parts.append(text(LEFT - 8, y + 16, f"{limit} MB", "label", "end"))
        parts.append(bar(LEFT, y, across.at(limit) - LEFT, 22, "limit", f"limit {limit} MB"))
        parts.append(bar(LEFT, y, across.at(used) - LEFT, 22, "plain" if size["fits"] else "unfit", said))
        if 0 < peak * headroom < limit:
            mark = across.at(peak * headroom)
            parts.append(line(mark, y - 2, mark, y + 24, "mark"))
        beside = across.at(min(used * headroom, limit)) + 6
        inside = beside > (LEFT + RIGHT) / 2
        parts.append(text(across.at(used) - 6 if inside else beside, y + 15, said, "over" if inside else "value",
                          "end" if inside else "start"))  # fmt: skip
        told.append(f"{limit} MB: {said}")
    return drawing("memory", "Memory against the limit", "; ".join(told), 6 + len(sizes) * ROW, parts)


def month(found: Mapping[str, Any]) -> str:
    """The cost of a month against its calls, both logarithmic: serverless, one provisioned, and instances."""
    size = month_size(found)
    assert size is not None  # noqa: S101 - the page asks before
    call, points = size["usd_per_call"], size["break_even"]
    warm = _provisioned(found, size)
    most = max([found["asked"]["calls_per_month"], MILLION, *(point["calls_per_month"] or 0 for point in points)]) * 5
    height, bottom = 270, 222
    across = Scale(1000, 10 ** math.ceil(math.log10(most)), LEFT, RIGHT, logarithmic=True)
    top = max([call * across.high, warm or 0, *(point["usd_per_month"] for point in points)])
    up = Scale(max(1000 * call, top / 1e7), top * 2, bottom, 12, logarithmic=True)
    parts = _grid(across, up, bottom, _short_count, _short_money)
    calls = [across.low * (across.high / across.low) ** (step / 40) for step in range(41)]
    parts.append(path([(across.at(n), up.at(n * call)) for n in calls if n * call >= up.low], "curve serverless"))
    if warm:
        parts.append(path([(across.at(n), up.at(n * call + warm)) for n in calls], "curve provisioned"))
    for point in points:
        y = up.at(point["usd_per_month"])
        parts.append(line(LEFT, y, RIGHT, y, "instance"))
        if point["calls_per_month"]:
            told = f"{point['instance_type']}: {count(point['calls_per_month'])} calls a month"
            parts.append(dot(across.at(point["calls_per_month"]), y, 4, "crossing", told))
        warm_calls = point["calls_per_month_with_one_provisioned"]
        if warm_calls and warm_calls > across.low:
            told = f"{point['instance_type']}: {count(warm_calls)} calls a month, with one provisioned"
            parts.append(dot(across.at(warm_calls), y, 3, "crossing", told))
    yours = found["asked"]["calls_per_month"]
    if yours >= across.low:
        parts.append(line(across.at(yours), 12, across.at(yours), bottom, "yours"))
        parts.append(text(across.at(yours) + 4, 22, "yours", "axis"))
    parts.append(text((LEFT + RIGHT) / 2, height - 6, "calls a month", "axis", "middle"))
    said = f"{size['memory_mb']} MB serverless costs {money(call * MILLION)} per million calls. " + "; ".join(
        f"{point['instance_type']} costs {money(point['usd_per_month'])} a month"
        + (f", as {count(point['calls_per_month'])} calls do" if point["calls_per_month"] else "")
        for point in points
    )
    return drawing("month", "Cost of a month against its calls", said, height, parts)


def month_size(found: Mapping[str, Any]) -> Size | None:
    """The size whose month is drawn: the recommended one, else the first that has a price."""
    priced: list[Size] = [size for size in found["sizes"] if size["usd_per_call"]]
    chosen = found["recommendation"]["memory_mb"]
    return next((size for size in priced if size["memory_mb"] == chosen), priced[0] if priced else None)


def _provisioned(found: Mapping[str, Any], size: Size) -> float | None:
    """What keeping one instance of the size warm costs a month."""
    price = found["prices"]["provisioned_gb_second"]
    return price["usd"] * SECONDS * size["memory_mb"] / 1024 if price else None


def _grid(across: Scale, up: Scale, bottom: float, below: Any, beside: Any) -> list[str]:
    parts = []
    for value in across.ticks(3):
        parts.append(line(across.at(value), 12, across.at(value), bottom, "grid"))
        parts.append(text(across.at(value), bottom + 16, below(value), "tick", "middle"))
    for value in up.ticks():
        parts.append(line(LEFT, up.at(value), RIGHT, up.at(value), "grid"))
        parts.append(text(LEFT - 6, up.at(value) + 4, beside(value), "tick", "end"))
    return parts


def _short_count(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g} {letter}"
    return f"{number:g}"


def _short_money(usd: float) -> str:
    return f"${usd:,.10f}".rstrip("0").rstrip(".")
