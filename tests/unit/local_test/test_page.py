"""The page's parts that need no browser: the document and its policy, the example, the lines it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from local_test.emulator.observe.report import Report
from local_test.emulator.observe.reports import KEPT, SHOWN, Reports
from local_test.emulator.page.document import document
from local_test.emulator.page.example import GUESS, SCRIPT, example_in

FEATURES = [{"name": "rooms", "dtype": "float64"}, {"name": "quarter", "dtype": "string"}]


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_only_what_is_in_the_document_may_run_and_nothing_comes_from_elsewhere():
    html, policy = document()
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    (script,) = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    assert (allowed["style-src"], allowed["script-src"]) == (hash_of(style), hash_of(script))
    assert (allowed["default-src"], allowed["connect-src"]) == ("'none'", "'self'")
    assert "refresh()" in script
    assert "max-width" in style
    loaded = re.findall(r"""(?:src|href)=["']([^"']*)|url\(([^)]*)\)|@import""", html)
    assert all(one.startswith(("#", "data:")) for one, _ in loaded)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|style=|\son\w+=", html)


def test_an_example_in_each_type_that_can_be_sent():
    manifest = {"features": FEATURES, "example": {"rows": [[6.5, 'a "b", c'], [1, "d"]], "predictions": [1, 2]}}
    bodies, note = example_in(manifest)
    assert json.loads(bodies["application/json"]) == {"instances": [{"rooms": 6.5, "quarter": 'a "b", c'}]}
    assert bodies["text/csv"] == 'rooms,quarter\n6.5,"a ""b"", c"\n'
    assert json.loads(bodies["application/jsonlines"]) == {"rooms": 6.5, "quarter": 'a "b", c'}
    assert note == ""


def test_an_example_without_names_without_rows_and_before_a_script():
    nameless = [{"name": ""}, {"name": ""}]
    bodies, _ = example_in({"features": nameless, "example": {"rows": [[1, None]]}})
    assert (json.loads(bodies["application/json"]), bodies["text/csv"]) == ({"instances": [[1, None]]}, "1,\n")
    assert example_in({"features": nameless})[0]["text/csv"] == "0,0\n"
    assert example_in({"features": FEATURES, "script": "inference.py"}).note == SCRIPT
    assert example_in({"features": []}) == GUESS
    assert example_in({"features": nameless, "example": {"rows": [[1]]}}) == GUESS


@pytest.mark.parametrize("manifest", [{}, [], {"features": [1]}, {"features": FEATURES, "example": {"rows": []}}])
def test_what_is_no_manifest_of_ours(manifest):
    with pytest.raises((LookupError, TypeError, AttributeError, ValueError)):
        example_in(manifest)


def test_the_last_lines_are_kept_by_kind():
    told = []
    reports = Reports(told.append)
    made = [
        ("cold", Report("a", "eu-west-1", 0.1, cold_init_seconds=1.0)),
        ("warm", Report("b", "eu-west-1", 0.1)),
        ("throttled", Report("c", "eu-west-1", None, outcome="throttled")),
        ("failed", Report("d", "eu-west-1", 0.1, cold_init_seconds=1.0, outcome="status 424 ModelError: no")),
    ]
    for _, report in made:
        reports.add("houses", report)
        reports.tell(report)
    kept = reports.last()
    assert [one["kind"] for one in kept] == [kind for kind, _ in made]
    assert [one["line"] for one in kept] == told == [report.line() for _, report in made]
    assert reports.of("c") == kept[2]
    for _ in range(KEPT - 1):
        reports.add("other", made[1][1])
    assert [one["number"] for one in reports.last()] == list(range(4 + KEPT - SHOWN, 4 + KEPT))
    assert (reports.of("c"), reports.of("d")) == (None, kept[3])
    reports.clear()
    assert reports.last() == []
