"""The page around the drawings. It is made from results.json alone, so that one can always be made again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from container.contract import MEBIBYTE
from deploy.cost.report import count, money
from deploy.tune.report import charts
from deploy.tune.table import milliseconds, seen_by

_STYLE: Final = Path(__file__).with_name("style.css")
MILLION: Final = 1_000_000


def render(found: Mapping[str, Any]) -> str:
    """One HTML document, with no address in it that a browser would fetch."""
    measured = any(size["latency_ms"] for size in found["sizes"])
    sections = [_table(found)]
    if measured:
        left, right = _latency(found) + _memory(found), _cold(found) + _month(found)
        sections.append(f'<div class="two"><div>{left}</div><div>{right}</div></div>')
    sections += [_together(found), _method(found)]
    title = f"Memory size of {found['model']}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f"{_header(found)}<main>{''.join(sections)}</main>{_footer(found)}</body></html>\n"
    )


def _header(found: Mapping[str, Any]) -> str:
    asked = found["asked"]
    interrupted = '<p class="warning">Interrupted: not all was measured.</p>' if found["interrupted"] else ""
    about = (
        f"{found['model']}, strategy {asked['strategy']}, {count(asked['calls_per_month'])} calls a month, "
        f"{found['time'][:10]}"
    )
    return (
        f'<header><h1>coppice tune</h1><p class="answer">{_unbroken(_capital(found["recommendation"]["sentence"]))}</p>'
        f'<p class="soft">{escape(about)}</p>{interrupted}</header>'
    )


def _table(found: Mapping[str, Any]) -> str:
    heads = ("memory", "p50", "p95", "p99", "mean", "cold start", "peak", "$ per million", "$ per month")
    chosen = found["recommendation"]["memory_mb"]
    rows = []
    for size in found["sizes"]:
        kind = "chosen" if size["memory_mb"] == chosen else "" if size["fits"] else "unfit"
        words = "recommended" if kind == "chosen" else size["why_not"] or ""
        rows.append(_row((f"{size['memory_mb']} MB", *_numbers(size)), words, kind))
    body = f'<div class="scroll" tabindex="0">{_html_table((*heads, ""), rows)}</div>'
    soft = (
        f"Milliseconds of {_up_to(found)}{found['asked']['calls']} warm calls to each size, {seen_by(found['target'])}."
    )
    return _section("sizes", "Every size", f'<p class="soft">{soft}</p>{body}')


def _numbers(size: Mapping[str, Any]) -> list[str]:
    latency = size["latency_ms"]
    times = [milliseconds(latency[name]) if latency else "—" for name in ("p50", "p95", "p99", "mean")]
    cold, peak = size["cold_starts"]["milliseconds"], size["peak_memory_bytes"]
    return [
        *times,
        milliseconds(cold) if cold is not None else "—",
        f"{math.ceil(peak / MEBIBYTE)} MB" if peak else "—",
        money(size["usd_per_call"] * MILLION) if size["usd_per_call"] is not None else "—",
        money(size["usd_per_month"]) if size["usd_per_month"] is not None else "—",
    ]


def _latency(found: Mapping[str, Any]) -> str:
    soft = "A dot is the median, its line goes up to p95. Further left is cheaper, further down faster."
    soft = f'<p class="soft">{soft}</p>'
    return _section("latency-against-cost", "Latency against cost", soft + charts.latency_against_cost(found))


def _cold(found: Mapping[str, Any]) -> str:
    if not any(size["cold_starts"]["count"] for size in found["sizes"]):
        return ""
    names = charts.part_names(found)
    legend = _legend((f"part-{number}", name) for number, name in enumerate(names))
    colds = f"{_up_to(found)}{found['asked']['cold_starts']}"
    soft = f'<p class="soft">What the first caller waits for, median of {colds}.</p>'
    return _section("cold-starts", "A cold start, taken apart", soft + charts.cold_starts(found) + legend)


def _memory(found: Mapping[str, Any]) -> str:
    share = f"{found['method']['memory_headroom']:.0%}"
    soft = f'<p class="soft">The dashed line is the peak and {share} headroom, which a size has to have.</p>'
    return _section("memory-against-limit", "Memory against the limit", soft + charts.memory(found))


def _month(found: Mapping[str, Any]) -> str:
    size = charts.month_size(found)
    if size is None:
        return ""
    legend = [("serverless", f"serverless, {size['memory_mb']} MB"), ("instance", "an instance, always there")]
    if found["prices"]["provisioned_gb_second"]:
        legend.insert(1, ("provisioned", "with one provisioned"))
    drawn = charts.month(found) + _legend(legend, lines=True)
    return _section("cost-per-month", "The cost of a month", drawn + _break_evens(size["break_even"]))


def _break_evens(points: Sequence[Mapping[str, Any]]) -> str:
    if not points:
        return ""
    rows = [_row((point["instance_type"], *_break_even(point))) for point in points]
    table = _html_table(("instance", "a month", "break-even", "provisioned"), rows)
    soft = (
        "Break-even: the calls a month from which on an instance is cheaper than serverless, and than one provisioned."
    )
    return f'<div class="scroll" tabindex="0">{table}</div><p class="soft">{soft}</p>'


def _break_even(point: Mapping[str, Any]) -> list[str]:
    """What an instance costs, and from how many calls a month on it is cheaper."""
    calls = (point["calls_per_month"], point["calls_per_month_with_one_provisioned"])
    return [money(point["usd_per_month"]), *("—" if number is None else _about(number) for number in calls)]


def _together(found: Mapping[str, Any]) -> str:
    rows = [
        _row(
            (
                f"{size['memory_mb']} MB",
                str(level["clients"]),
                *(
                    milliseconds(level["caller_latency_ms"][name]) if level["caller_latency_ms"] else "—"
                    for name in ("p50", "p95", "p99")
                ),
                *(str(level[name]) for name in ("cold_starts", "throttled", "failed")),
            )
        )
        for size in found["sizes"]
        for level in size["concurrency"]
    ]
    if not rows:
        return ""
    heads = ("memory", "clients", "p50", "p95", "p99", "cold starts", "throttled", "failed")
    most = (
        f"At most {found['asked']['max_concurrency']} calls are under way (MaxConcurrency); the others are throttled."
    )
    soft = f'<p class="soft">Milliseconds as callers see them. {most}</p>'
    table = f'<div class="scroll" tabindex="0">{_html_table(heads, rows)}</div>'
    return _section("several-clients", "Several clients at a time", soft + table)


def _method(found: Mapping[str, Any]) -> str:
    asked, method, prices = found["asked"], found["method"], found["prices"]
    notes = [
        f"Sizes were called in turns, so that noise hits all alike: {_up_to(found)}{asked['cold_starts']} cold starts "
        f"from zero, {_up_to(found)}{asked['calls']} warm calls to each",
        "Percentiles are of all warm calls; the mean, and the cost, leave out the fastest and the slowest "
        f"{method['trimmed_share_at_either_end']:.0%}",
        "Cold starts aren't in the cost: how many there are depends on your traffic",
        *map(_capital, found["notes"]),
    ]
    listed = "".join(f"<li>{escape(note)}.</li>" for note in notes)
    facts = {name: prices[name] for name in ("serverless_gb_second", "provisioned_gb_second", "data_gb")}
    if prices["instance_hours"]:
        facts["instance_hours"] = next(iter(prices["instance_hours"].values()))
    sources = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(price['date'])}: {escape(price['source'])}</dd>"
        for name, price in facts.items()
        if price
    )
    asked_region = prices["asked_region"]
    whose = (
        prices["region"] if asked_region == prices["region"] else f"{prices['region']}, for want of {asked_region}'s"
    )
    return _section(
        "method",
        "How it was measured",
        f'<ul class="notes">{listed}</ul><h3>Prices of {escape(whose)}</h3><dl>{sources}</dl>',
    )


def _footer(found: Mapping[str, Any]) -> str:
    return (
        f"<footer><p>Coppice {escape(found['coppice_version'])}, {escape(found['target'])}, {escape(found['time'])}. "
        "The numbers behind this page are in results.json beside it.</p></footer>"
    )


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{body}</section>'


def _html_table(heads: Sequence[str], rows: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col">{escape(head)}</th>' if head else "<td></td>" for head in heads)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(cells: Sequence[str], words: str | None = None, kind: str = "") -> str:
    first, *others = cells
    rest = "".join(f"<td>{escape(cell)}</td>" for cell in others)
    last = f'<td class="words">{escape(words)}</td>' if words is not None else ""
    return f'<tr class="{kind}"><th scope="row">{escape(first)}</th>{rest}{last}</tr>'


def _legend(items: Iterable[tuple[str, str]], lines: bool = False) -> str:
    def sign(kind: str) -> str:
        shape = f'<line x1="0" y1="6" x2="12" y2="6" class="curve {kind}"/>' if lines else ""
        return shape or f'<rect width="12" height="12" class="{kind}"/>'

    listed = (
        f'<li><svg viewBox="0 0 12 12" aria-hidden="true">{sign(kind)}</svg>{escape(name)}</li>' for kind, name in items
    )
    return f'<ul class="legend">{"".join(listed)}</ul>'


def _up_to(found: Mapping[str, Any]) -> str:
    return "up to " if found["interrupted"] else ""


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def _unbroken(said: str) -> str:
    """Escaped, with each number kept together with its unit."""
    return re.sub(r"(\d) (MB|%|ms)", "\\1\N{NO-BREAK SPACE}\\2", escape(said))


def _about(number: float) -> str:
    """Three digits of a large number, in words that can be read aloud."""
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return f"{number:.3g}"
