"""What hooks return becomes bytes of a media type."""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from http import HTTPStatus
from typing import Any

import flask
import numpy as np
import pandas as pd
import pytest

from container.errors import ScriptFailed
from container.inference.script.answers import as_array, reply
from container.inference.script.context import Context
from container.inference.script.stand_ins import Response

JSON, CSV, NPY, LINES = "application/json", "text/csv", "application/x-npy", "application/jsonlines"
FRAME = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", "y"]})


def sent(value: Any, accept: str = JSON) -> tuple[str, bytes]:
    answer = reply("output_fn", value, accept, Context("/model"))
    return answer.media_type, answer.body


@pytest.mark.parametrize(
    ("value", "accept", "media_type", "body"),
    [
        (b"raw", "image/png", "image/png", b"raw"),
        (bytearray(b"raw"), JSON, JSON, b"raw"),
        ("text", CSV, CSV, b"text"),
        ({"a": np.float64(1.5), "b": np.array([1, 2])}, JSON, JSON, b'{"a":1.5,"b":[1,2]}'),
        ({"a": 1}, CSV, JSON, b'{"a":1}'),
        ({1: float("nan")}, JSON, JSON, b'{"1":null}'),
        (OrderedDict(z=1, a={2}), JSON, JSON, b'{"z":1,"a":[2]}'),
        ([1.5, 2.5], JSON, JSON, b"[1.5,2.5]"),
        ([1.5, 2.5], CSV, CSV, b"1.5\n2.5\n"),
        ([[1, 2], [3, 4]], CSV, CSV, b"1,2\n3,4\n"),
        ([{"p": 1}, {"p": 2}], LINES, LINES, b'{"p":1}\n{"p":2}\n'),
        ([{"p": 1}], CSV, JSON, b'[{"p":1}]'),
        (3, JSON, JSON, b"3"),
        (np.float32(0.5), CSV, CSV, b"0.5\n"),
        (np.array(["a", "b"]), CSV, CSV, b"a\nb\n"),
        (np.array([[1.0, 2.0]]), JSON, JSON, b"[[1.0,2.0]]"),
        (np.asfortranarray(np.arange(4.0).reshape(2, 2)), JSON, JSON, b"[[0.0,1.0],[2.0,3.0]]"),
        (np.array([1.0, np.nan]), JSON, JSON, b"[1.0,null]"),
        (np.array([True, False]), JSON, JSON, b"[true,false]"),
        (FRAME, CSV, CSV, b"a,b\n1.5,x\n,y\n"),
        (FRAME, JSON, JSON, b'[{"a":1.5,"b":"x"},{"a":null,"b":"y"}]'),
        (FRAME, LINES, LINES, b'{"a":1.5,"b":"x"}\n{"a":null,"b":"y"}\n'),
        (FRAME["a"], JSON, JSON, b"[1.5,null]"),
        (FRAME["b"], CSV, CSV, b"x\ny\n"),
        (("body", "text/html"), JSON, "text/html", b"body"),
        (({"a": 1}, "application/vnd.x+json"), JSON, "application/vnd.x+json", b'{"a":1}'),
        ((1, 2), JSON, JSON, b"[1,2]"),
        (("a", "b"), JSON, JSON, b'["a","b"]'),
        (Response('{"a":1}', mimetype=JSON), CSV, JSON, b'{"a":1}'),
        (Response({"a": 1}, JSON), CSV, JSON, b'{"a":1}'),
    ],
)  # fmt: skip
def test_returns(value, accept, media_type, body):
    assert sent(value, accept) == (media_type, body)


def test_an_array_as_npy():
    media_type, body = sent([[1.5, 2.5]], NPY)
    assert media_type == NPY and np.load(io.BytesIO(body)).tolist() == [[1.5, 2.5]]


def test_flasks_own_response():
    with flask.Flask("script").app_context():
        made = flask.Response("gone", status=202, mimetype="text/x", headers={"X-Mine": "1"})
    answer = reply("transform_fn", made, JSON, Context("/model"))
    assert (answer.body, answer.status, answer.media_type) == (b"gone", HTTPStatus.ACCEPTED, "text/x; charset=utf-8")
    assert answer.headers == (("X-Mine", "1"),)


def test_the_context_says_type_status_and_headers():
    context = Context("/model")
    context.set_response_content_type(0, "application/vnd.x+json")
    context.set_response_status(202, "later")
    context.set_response_header(0, "X-Mine", "1")
    answer = reply("output_fn", {"a": 1}, CSV, context)
    assert (answer.media_type, answer.body) == ("application/vnd.x+json", b'{"a":1}')
    assert (answer.status, answer.headers) == (202, (("X-Mine", "1"),))


@pytest.mark.parametrize("value", [None, object(), {"a": object()}, lambda: 1])
def test_what_cannot_be_sent_is_the_scripts_fault(value):
    with pytest.raises(ScriptFailed, match="output_fn") as failure:
        sent(value)
    assert "Return bytes" in failure.value.hint


def test_a_context_knows_its_request():
    environ = {"HTTP_X_TENANT": "acme", "CONTENT_TYPE": CSV, "wsgi.input": None}
    context = Context("/model", "id-1", environ)
    assert context.get_request_header(0, "x-tenant") == "acme" and context.get_request_id() == "id-1"
    assert context.get_all_request_header(0) == {"X-Tenant": "acme", "Content-Type": CSV}
    assert context.request_processor[0].get_request_properties()["X-Tenant"] == "acme"
    assert context.system_properties["model_dir"] == "/model"
    assert json.dumps(context.get_all_request_header(0))


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        (["a", 1, True], ["a", 1, True]),
        ([["cheap", 0.5], ["dear", 0.25]], [["cheap", 0.5], ["dear", 0.25]]),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_a_number_beside_a_text_stays_a_number(value, cells):
    array = as_array(value)
    assert array is not None and array.tolist() == cells
