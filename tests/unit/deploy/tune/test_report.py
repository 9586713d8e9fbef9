"""results.json says what its schema says, and the report is made from it alone."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from prices import PRICES
from tuned import answered, measured, sized

from deploy.tune.choice import choose
from deploy.tune.document import document
from deploy.tune.measured import Latency, Level, Size
from deploy.tune.report import charts, page
from deploy.tune.report.svg import Scale

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "tune.schema.json").read_text())


def results(*sizes, model="model.tar.gz", prices=PRICES, interrupted=False, **changed):
    found = measured(*sizes, **changed)
    found.interrupted = interrupted
    return json.loads(json.dumps(document(found, choose(found, prices), prices, model)))


def full(memory_mb=1024):
    size = sized(memory_mb, [2.0, 3.0, 4.0])
    size.add(answered(5.0, cold_init_ms=300.0, download_ms=9.0, start_ms={"container": 200, "imports": 100}), 30)
    size.levels.append(Level(4, Latency.of([5.0, 6.0]), 3, 1, 0))
    return size


OUTGROWN = Size(1024, stopped="The container outgrew its memory of 1024 MB.", out_of_memory=True, peak_bytes=2**30)
UNPRICED = PRICES._replace(provisioned_gb_second=None, data_gb=None, instance_hours={})
CASES = {
    "measured": results(full(1024), full(2048)),
    "outgrown": results(OUTGROWN, full(2048)),
    "nothing": results(OUTGROWN, Size(2048)),
    "interrupted": results(full(1024), Size(2048), interrupted=True),
    "free": results(full(), calls_per_month=0),
    "without prices": results(full(), prices=UNPRICED),
    "no cold starts": results(sized(1024, [1.0])),
}


class Elements(HTMLParser):
    """Sees that what is opened is closed, and collects the attributes."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "line", "rect", "circle", "polyline"})

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    elements = Elements()
    elements.feed(html)
    assert elements.open == []
    return elements


@pytest.mark.parametrize("case", CASES)
def test_the_results_are_as_their_schema_has_them(case):
    jsonschema.Draft202012Validator(SCHEMA).validate(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_the_report_is_whole_and_asks_for_nothing(case):
    elements = parsed(page.render(CASES[case]))
    assert not any(name in ("src", "href", "srcset", "action") for name, _ in elements.attributes)
    assert "@import" not in page.render(CASES[case])
    assert "url(" not in page.render(CASES[case])


def test_ids_are_used_once_and_every_drawing_is_described():
    attributes = parsed(page.render(CASES["measured"])).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    described = " ".join(value for name, value in attributes if name == "aria-labelledby").split()
    assert set(described) <= set(ids)


def test_what_others_wrote_is_never_html():
    hostile = "<script>alert(1)</script>&amp;"
    outgrown = Size(1024, stopped=hostile, out_of_memory=True)
    html = page.render(results(outgrown, full(2048), model=hostile))
    assert "<script" not in html
    assert hostile in parsed(html).text


def test_the_report_says_what_was_found():
    text = " ".join(parsed(page.render(CASES["outgrown"])).text).replace("\N{NO-BREAK SPACE}", " ")
    assert "2048 MB, as now; peak memory 100 MB" in text
    assert "The container outgrew its memory of 1024 MB." in text
    assert "outgrew it" in text
    assert "Interrupted" not in text
    assert "Interrupted" in " ".join(parsed(page.render(CASES["interrupted"])).text)


def test_the_drawing_of_cold_starts_adds_up():
    drawn = charts.cold_starts(CASES["measured"])
    assert charts.part_names(CASES["measured"]) == ["download", "container", "imports", "first answer"]
    assert "314 ms" in drawn
    widths = [float(width) for width in re.findall(r'<rect x="[\d.]+" y="6.0" width="([\d.]+)"', drawn)]
    assert widths[1] == pytest.approx(2 * widths[2], rel=0.01)


def test_labels_that_would_cover_each_other_are_moved_apart():
    places = charts.apart([(100, 50), (102, 55), (101, 56), (300, 50)])
    assert places[3] == (300, 50)
    assert places[2] == (101, 56)
    heights = sorted(y for _, y in places[:3])
    assert all(upper + charts.LABEL_HEIGHT <= lower for upper, lower in itertools.pairwise(heights))


def test_scales():
    assert Scale(0, 10, 100, 200).at(5) == 150
    assert Scale(1, 100, 0, 10, logarithmic=True).at(10) == pytest.approx(5)
    assert Scale(0, 10, 0, 1).ticks() == [0, 2.5, 5, 7.5, 10]
    assert Scale(0, 0, 0, 1).at(0) == 0.5
    assert Scale(1, 1e9, 0, 1, logarithmic=True).ticks()[:2] == [1, 100]
