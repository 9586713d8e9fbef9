"""Log lines are one JSON document each, whatever they hold."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from container import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged at INFO or above; the root logger is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    logs.configure(logging.INFO, out)
    yield out
    logs._Output.stream = None
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_an_event_is_one_line_with_its_fields(stream: io.StringIO) -> None:
    logs.event("invoked", rows=2, note="two\nlines")
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert (found["level"], found["event"], found["rows"], found["note"]) == ("info", "invoked", 2, "two\nlines")


def test_a_traceback_stays_within_the_line(stream: io.StringIO) -> None:
    try:
        raise KeyError("gone")
    except KeyError:
        logging.getLogger(logs.ROOT).exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "KeyError: 'gone'" in json.loads(line)["traceback"]


def test_what_json_does_not_know_is_written_as_text(stream: io.StringIO) -> None:
    logs.event("odd", value=frozenset({1}))
    assert json.loads(stream.getvalue())["value"] == "frozenset({1})"


def test_less_severe_events_are_left_out(stream: io.StringIO) -> None:
    logs.event("detail", level=logging.DEBUG)
    assert stream.getvalue() == ""


def test_warnings_become_events(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)  # catch_warnings put the original back
        warnings.warn("beware", UserWarning, stacklevel=1)
        found = json.loads(stream.getvalue())
    assert found["level"] == "warning"
    assert "beware" in found["event"]


def test_an_embedded_metric_names_each_value_once() -> None:
    line = json.loads(logs.embedded_metric({"Rows": (3, "Count")}, {"Model": "m"}, {"id": "r-1"}, now=12.5))
    directive = line["_aws"]["CloudWatchMetrics"][0]
    assert line["_aws"]["Timestamp"] == 12500
    assert directive["Dimensions"] == [["Model"]]
    assert directive["Metrics"] == [{"Name": "Rows", "Unit": "Count"}]
    assert (line["Rows"], line["Model"], line["id"]) == (3, "m", "r-1")
