from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import flask
import numpy as np
import pandas as pd
import pytest

from container.errors import ScriptFailed
from container.inference.script.answers import reply
from container.inference.script.context import Context

JSON, CSV = "application/json", "text/csv"


def written(value, accept=JSON):
    return reply("output_fn", value, accept, Context("model")).body


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({np.int64(1): np.float32(2.5), "array": np.arange(3)[::-1]}, b'{"1":2.5,"array":[2,1,0]}'),
        ([dict(zip(np.array([0, 1]), [0.25, 0.75], strict=True))], b'[{"0":0.25,"1":0.75}]'),
        ({np.str_("a"): np.bool_(True), "nan": float("nan"), "none": None}, b'{"a":true,"nan":null,"none":null}'),
        ({"set": {3}, "tuple": (1, 2), "decimal": Decimal("1.5")}, b'{"set":[3],"tuple":[1,2],"decimal":1.5}'),
        (dt.date(2026, 1, 2), b'"2026-01-02"'),
        (pd.Timestamp("2026-01-02"), b'"2026-01-02T00:00:00"'),
        (pd.DataFrame({"at": pd.to_datetime(["2026-01-02", None])}), b'[{"at":"2026-01-02T00:00:00"},{"at":null}]'),
        (pd.DataFrame({"a": [1, None], "b": ["x", None]}), b'[{"a":1.0,"b":"x"},{"a":null,"b":null}]'),
        ({"table": pd.DataFrame({"a": [1]}), "row": pd.Series([1.5])}, b'{"table":[{"a":1}],"row":[1.5]}'),
        (pd.Index([1, 2]), b"[1,2]"),
        (pd.Categorical(["a", "b"]), b'["a","b"]'),
        (np.array(["x", None], dtype=object), b'["x",null]'),
        (np.zeros((1, 2, 1)), b"[[[0.0],[0.0]]]"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_json_of(value, expected):
    assert written(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (pd.Categorical(["a", "b"]), b"a\nb\n"),
        (np.array([[1, 2], [3, 4]]), b"1,2\n3,4\n"),
        (pd.DataFrame({"a": [1], "b": ["x, y"]}), b'a,b\n1,"x, y"\n'),
        ([1.5, 2], b"1.5\n2.0\n"),
    ],
)
def test_csv_of(value, expected):
    assert written(value, CSV) == expected


def test_what_has_no_rows_is_json_whatever_was_accepted():
    answer = reply("output_fn", {"a": 1}, CSV, Context("model"))
    assert (answer.body, answer.media_type) == (b'{"a":1}', JSON)


@pytest.mark.parametrize("value", [None, object(), (number for number in [1]), io.BytesIO(b"x")])
def test_what_cannot_be_sent_is_the_scripts_fault(value):
    with pytest.raises(ScriptFailed, match="output_fn returned"):
        written(value)


def test_a_response_of_a_file():
    with flask.Flask("app").test_request_context():
        answer = reply("output_fn", flask.send_file(io.BytesIO(b"png"), mimetype="image/png"), JSON, Context("model"))
    assert (answer.body, answer.media_type, answer.status) == (b"png", "image/png", 200)


def test_a_status_without_a_name_and_a_header_in_two_lines():
    context = Context("model")
    context.set_response_status(299)
    assert reply("output_fn", b"", JSON, context).status == context.get_response_status()[0] == 299
    for wrong in (99, 1000):
        with pytest.raises(ValueError, match="not the status"):
            context.set_response_status(wrong)
    with pytest.raises(ValueError, match="line break"):
        context.set_response_header(0, "X-A", "a\r\nX-B: b")
    with pytest.raises(ValueError, match="line break"):
        context.set_response_content_type(0, "text/plain\nX-B: b")
