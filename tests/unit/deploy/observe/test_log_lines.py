from __future__ import annotations

import io
import json
import logging

import pytest

from container import logs
from deploy.aws.logs import LogEvent
from deploy.endpoint.log_lines import last_lines, render

AT = 1_764_000_000_123
WHEN = "2025-11-24T16:00:00.123Z"


def line(text: str | dict) -> str:
    return render(LogEvent("1", AT, "stream", text if isinstance(text, str) else json.dumps(text)))


def test_an_invocation_is_told_in_the_order_people_ask():
    fields = {"request_id": "abc", "status": 200, "rows": 3, "milliseconds": {"receive": 0.1, "total": 1.26}}
    assert line({"time": "…", "level": "info", "event": "invocation", **fields}) == (
        f"{WHEN} info    invocation  200  3 rows  1.3 ms  id abc"
    )


def test_any_other_event_lists_its_fields():
    assert line({"time": "…", "level": "info", "event": "model loaded", "engine": "forest", "trees": 100}) == (
        f"{WHEN} info    model loaded  engine=forest  trees=100"
    )


def test_a_traceback_goes_below_its_line():
    assert line({"level": "error", "event": "cause", "traceback": "Traceback:\n  File x\nValueError"}) == (
        f"{WHEN} error   cause\n    Traceback:\n      File x\n    ValueError"
    )


@pytest.mark.parametrize("text", ["exec: serve: not found", "{broken", '{"some": "json"}', '{"event": '])
def test_what_something_else_wrote_is_shown_as_it_is(text):
    assert line(text) == f"{WHEN}         {text}"


def test_nothing_in_a_log_steers_the_terminal():
    assert "\x1b" not in line("\x1b[2Jgone")
    assert "\x1b" not in line({"level": "info", "event": "\x1b[2J", "a\x1b": "\x1b", "traceback": "\x1b"})


def test_the_containers_own_lines_are_understood():
    out = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(logging.INFO, out)
    try:
        logs.event("invocation", request_id="r", status=400, rows=1, milliseconds={"total": 2.0})
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
        logs._Output.stream = None
    logs_metric = logs.embedded_metric({"Rows": (3, "Count")}, {"Model": "m"}, {}, 1.0)
    assert line(out.getvalue().strip()) == f"{WHEN} info    invocation  400  1 row  2.0 ms  id r"
    assert line(logs_metric) == f"{WHEN}         metrics  Model=m  Rows=3"


class Reader:
    def last(self, group, count, milliseconds):
        self.asked = (group, count, milliseconds)
        return [LogEvent("1", AT, "s", "one"), LogEvent("2", AT, "s", "two")]


def test_the_last_lines_of_an_endpoint():
    reader = Reader()
    assert [text.split()[-1] for text in last_lines(reader, "houses", 2, since=5.0)] == ["one", "two"]
    assert reader.asked == ("/aws/sagemaker/Endpoints/houses", 2, 5000)
