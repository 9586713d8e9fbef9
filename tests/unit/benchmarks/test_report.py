"""The benchmark's arithmetic, page and picture, from a run that was made up."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from benchmarks import report
from benchmarks.contenders import Contender, csv_answers
from benchmarks.measure import percentile
from benchmarks.picture import draw
from benchmarks.rows import Batch, Rows
from benchmarks.targets import TARGETS, verdicts

PLAIN = {
    "title": "plain",
    "peer": False,
    "note": "",
    "answers_compared": 10,
    "answers_wrong": 0,
    "launch_ms": 2000.0,
    "pss_mb": 320.0,
    "p50_ms": 6.0,
    "p95_ms": 7.0,
    "p99_ms": 8.0,
    "rps_4": 150.0,
    "rps_16": 150.0,
    "rows_100_ms": 2.0,
    "rows_1000_ms": 20.0,
    "rows_10000_ms": 200.0,
    "rows_10000_per_s": 50_000.0,
    "ping_p99_ms": 4.0,
}
FOREST = {**PLAIN, "title": "Coppice <forest>", "launch_ms": 300.0, "pss_mb": 60.0, "p50_ms": 0.5}
FOREST |= {"rows_10000_per_s": 150_000.0}
EMPTY = {name: PLAIN[name] for name in ("peer", "note", "answers_compared", "answers_wrong")}
EMPTY |= {"title": "empty", "launch_ms": 200.0, "pss_mb": 37.0, "p50_ms": 0.4}


@pytest.fixture
def results() -> dict[str, Any]:
    return {
        "quick": False,
        "machine": {"processor": "a fast one", "date": "today"},
        "model": {
            "trees": 100,
            "nodes": 2_000_000,
            "data": "houses",
            "joblib_bytes": 144_000_000,
            "joblib_gz_bytes": 27_000_000,
            "artifact_bytes": 6_750_000,
        },
        "servers": {"forest": dict(FOREST), "plain": dict(PLAIN), "empty": dict(EMPTY)},
        "kernel": {str(rows): {"scikit-learn": 3.0, "native": 1.0, "numpy": 2.0} for rows in (1, 100, 10_000)},
        "big": {
            "nodes": 20_000_000,
            "artifact_bytes": 60_000_000,
            "note": "",
            "serves_in_1024_mb": 1,
            "launch_ms": 500.0,
            "small_launch_ms": 300.0,
            "pss_mb": 200.0,
            "container_launch_s": 0.9,
        },
        "images": {"coppice": 413_000_000, "coppice:slim": None},
    }


def test_targets_are_ratios_within_the_run(results):
    found = {each.target.name: each for each in verdicts(results)}
    values = {name: each.value for name, each in found.items()}
    assert values["launch → first correct prediction, over the plain server's"] == pytest.approx(0.15)
    assert values["artifact without the joblib, over the gzipped joblib"] == 0.25
    assert values["10,000 rows in a request: rows/s, over the plain server's"] == 3
    over_empty = found["launch → first correct prediction, over the empty Flask app's"]
    assert (over_empty.value, over_empty.words) == (1.5, "NOT MET")
    one_row = found["kernel alone, 1 row, against RandomForestRegressor.predict"]
    assert (one_row.value, one_row.words) == (3, "NOT MET")
    assert found["kernel alone, 10,000 rows"].words == "met"


def test_what_was_not_measured_is_not_met(results):
    del results["kernel"], results["big"]
    del results["servers"]["forest"]["ping_p99_ms"]
    unmeasured = [each for each in verdicts(results) if each.value is None]
    assert len(unmeasured) == 6
    assert all(each.words == "not measured" and not each.met for each in unmeasured)


def test_the_page_has_every_target_figure_and_ratio(results):
    page = report.write(results, verdicts(results))
    assert all(target.name in page for target in TARGETS)
    for text in (
        "300 (0.15 ×)",
        "150,000 (3 ×)",
        "a fast one",
        "| image `coppice` | 413.0 |",
        "| image `coppice:slim` | – |",
    ):
        assert text in page


def test_the_page_says_why_a_server_is_out(results):
    results["servers"]["peer"] = {**EMPTY, "title": "Peer", "peer": True, "note": "no wheel for this Python"}
    for figure in ("launch_ms", "pss_mb", "p50_ms"):
        del results["servers"]["peer"][figure]
    page = report.write(results, verdicts(results))
    assert "- Peer: no wheel for this Python" in page
    assert "| Peer | – | – |" in page


def test_the_picture_is_svg_with_a_bar_for_each_figure(results):
    root = ET.fromstring(draw(results))
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 11  # the empty app answers no 10,000 rows
    assert "prefers-color-scheme: dark" in draw(results)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_percentiles_are_of_the_nearest_rank(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_percentile_of_one_value():
    assert percentile([7.0], 0.99) == 7


def test_batches_are_distinct_shuffled_and_held_out_where_that_is_enough():
    rows = Rows([f"{index}" for index in range(50)], [float(index) for index in range(50)], test=20)
    batches = rows.batches(10, seed=0)
    first, second = next(batches), next(batches)
    assert sorted(map(int, [*first.lines, *second.lines])) == list(range(20))
    assert list(first.lines) != sorted(first.lines, key=int)
    assert list(first.answers) == list(map(float, first.lines))
    assert len(set(next(rows.batches(40, seed=0)).lines)) == 40


@pytest.mark.parametrize(
    ("status", "body", "wrong"),
    [
        (200, b"0.1\n0.2\n", 0),
        (200, b"0.1\n0.20000000000000004\n", 1),
        (200, b"0.1\n", 2),
        (200, b"?", 2),
        (503, b"", 2),
    ],
)
def test_answers_are_compared_to_the_last_bit(status, body, wrong):
    contender = Contender("one", "One", (), parse=csv_answers)
    assert contender.wrong(Batch(["1", "2"], [0.1, 0.2]), status, body) == wrong
