"""What a caller gets for a request that can't be answered: the right status, where and why, and a server that lives."""

from __future__ import annotations

import io
import json
import socket
import struct
from pathlib import Path

import numpy as np
import pytest
from slow_models import Breaks

CSV, JSON, LINES, NPY, PARQUET = (
    "text/csv",
    "application/json",
    "application/jsonlines",
    "application/x-npy",
    "application/x-parquet",
)
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(start, regression):
    return start(regression.estimator, regression.rows)


@pytest.fixture(autouse=True)
def still_answers_afterwards(server, regression):
    yield
    body = regression.rows.to_csv(index=False)
    response = server.post(body, CSV)
    assert [float(line) for line in response.body.split()] == regression.answers.tolist()


def refused(response, status: int, *fragments: str) -> None:
    """The status, our error form, every fragment in what a person reads, and nothing of the server's insides."""
    assert response.status == status, response.body
    assert response.headers["Content-Type"] == JSON
    error = response.error
    assert set(error) == {"code", "message", "hint", "request_id"}
    text = f"{error['message']} {error['hint']}"
    for fragment in fragments:
        assert fragment in text
    for leak in ("Traceback", 'File "', "/opt/", "/tmp/", "/usr/", ".py"):
        assert leak not in text


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def npy_with_header(text: str, data: bytes = b"") -> bytes:
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    ("content_type", "body", "fragments"),
    [
        (CSV, b"", ["empty"]),
        (JSON, b"", ["empty"]),
        (None, b"", ["empty"]),
        (CSV, b"\n\n \n", ["1 column;", "takes 3"]),
        (CSV, b"\n\n", ["no rows"]),
        (CSV, b"age,bmi,bp\n", ["no rows"]),
        (CSV, b"1,2\n", ["2 columns", "takes 3", "age, bmi, bp"]),
        (CSV, b"1,2,3,4\n", ["4 columns", "takes 3"]),
        (CSV, b"1,2,3,\n", ["4 columns", "takes 3"]),
        (CSV, b"1,2,3\n4,5\n", ["Row 2", "2 columns"]),
        (CSV, b"1,2,3\n4,5,\n6,7,8,9\n", ["Row 3", "4 columns"]),
        (CSV, b"1,x,3\n", ["Row 1", "column 2 (bmi)", "'x'"]),
        (CSV, b"age,bmi,bp\n1,2,3\n1,2,x\n", ["Row 2", "column 3 (bp)", "'x'"]),
        (CSV, b"age,weight,bp\n1,2,3\n", ["unknown: weight", "missing: bmi", "age, bmi, bp"]),
        (CSV, b"age,bmi\n1,2\n", ["missing: bp"]),
        (CSV, b"age,bmi,bp,age\n1,2,3,4\n", ["repeated: age"]),
        (CSV, b"age,bmi,bp\n1,2\n", ["2 values", "3 columns"]),
        (CSV, b"a,b,c\n1,2,3\n", ["unknown: a, b, c"]),
        (CSV, b"1,2,inf\n", ["Row 1", "column 3 (bp)", "infinity"]),
        (CSV, b"1,1e300,3\n", ["Row 1", "column 2 (bmi)"]),
        (CSV, b"1,2,3\n1,1e999,3\n", ["Row 2", "column 2 (bmi)"]),
        (CSV, b"1_000,2,3\n", ["Row 1", "column 1 (age)", "1_000"]),
        (CSV, "١,2,3\n".encode(), ["Row 1"]),
        (CSV, b'1,"2,3\n', ["CSV", "line"]),
        (CSV, b"1,2,\xff3\n", ["UTF-8", "byte 5"]),
        (CSV, b"1,2\x00,3\n", ["Row 1"]),
        (CSV, b"1],[2,3,4\n", ["4 columns"]),
        (CSV, b"1," * 1_000_000 + b"1\n", ["1,000,001 columns", "takes 3"]),
        (CSV, b"x" * 200_000, ["field larger"]),
        (CSV + "; charset=iso-8859-1", b"1,2,\xfc\n", ["Row 1", "ü"]),
        (JSON, b"[[1, 2", ["not JSON", "line 1"]),
        (JSON, b"\xff", ["not JSON"]),
        (JSON, b"[[1, 2, NaN]]", ["null for a missing value"]),
        (JSON, b"[[1, 2, Infinity]]", ["null for a missing value"]),
        (JSON, b"[[1, 2, 1e999]]", []),
        (JSON, b"[[1, 2, " + b"9" * 400 + b"]]", []),
        (JSON, b"[" * 100_000 + b"]" * 100_000, []),
        (JSON, b"[[[1, 2, 3]]]", ["Row 1"]),
        (JSON, b"[]", ["no rows"]),
        (JSON, b"{}", ["missing: age, bmi, bp"]),
        (JSON, b'"age"', ["text", "not rows"]),
        (JSON, b"null", ["null", "not rows"]),
        (JSON, b"3", ["number", "not rows"]),
        (JSON, b"[[1, 2]]", ["2 columns", "takes 3"]),
        (JSON, b"[[1, 2, 3], [1, 2]]", ["Row 2", "2 columns"]),
        (JSON, b"[[1, 2, 3], 4]", ["Row 2", "number"]),
        (JSON, b'[[1, 2, 3], {"age": 1}]', ["Row 1", "list"]),
        (JSON, b'[[1, "2", 3]]', ["Row 1", "column 2 (bmi)", "'2'"]),
        (JSON, b"[[1, true, 3]]", ["Row 1", "column 2 (bmi)", "true or false"]),
        (JSON, b'[[1, {"a": 1}, 3]]', ["Row 1", "column 2 (bmi)", "object"]),
        (JSON, b'{"instances": 3}', ["number", "not rows"]),
        (JSON, b'{"instances": []}', ["no rows"]),
        (JSON, b'{"instances": [[1,2,3]], "signature": 1}', ["signature"]),
        (JSON, b'{"instances": [{"age": 1, "bmi": 2}]}', ["Row 1", "missing: bp"]),
        (JSON, b'[{"age": 1, "bmi": 2, "bp": 3, "x": 4}]', ["Row 1", "unknown: x"]),
        (JSON, b'{"dataframe_split": {"columns": ["age"]}}', ["columns", "data"]),
        (JSON, b'{"dataframe_split": {"columns": ["age"], "data": [[1]]}}', ["missing: bmi, bp"]),
        (JSON, b'{"dataframe_split": {"columns": [1], "data": [[1]]}}', ["names"]),
        (JSON, b'{"dataframe_split": {"columns": ["age", "bmi", "bp"], "data": []}}', ["no rows"]),
        (JSON, b'{"dataframe_split": {"columns": ["bp", "bmi", "age"], "data": [[1, 2]]}}', ["2 values", "3 columns"]),
        (LINES, b"[1, 2, 3]\n[1, 2\n", ["Line 2"]),
        (LINES, b"[1, 2, 3], [4, 5, 6]\n", ["Line 1"]),
        (LINES, b"[1, 2, 3]\n4\n", ["Line 2", "number"]),
        (LINES, b"\n\n", ["no lines"]),
        (NPY, npy(np.array([[1, 2, "x"]], dtype=object)), ["object", "never"]),
        (NPY, npy(np.array([["1", "2", "3"]])), ["dtype"]),
        (NPY, npy(np.zeros((2, 2))), ["2 columns", "takes 3"]),
        (NPY, npy(np.zeros((1, 1, 3))), ["shape (1, 1, 3)"]),
        (NPY, npy(np.zeros((0, 3))), ["no rows"]),
        (NPY, npy(np.float64(3)), ["shape ()"]),
        (NPY, npy(np.zeros((1, 3), dtype=complex)), ["complex"]),
        (NPY, npy(np.zeros(1, dtype="f8,f8,f8")), ["dtype"]),
        (NPY, npy(np.array([[1, 2, np.inf]])), ["Row 1", "column 3 (bp)"]),
        (NPY, npy(np.zeros((2, 3)))[:-1], ["48 bytes", "47 came"]),
        (
            NPY,
            npy_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 3)}"),
            ["24,000,000,000"],
        ),
        (NPY, npy_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3)}"), ["shape"]),
        (
            NPY,
            npy_with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1, 3)}", b"cos\nsystem\n."),
            ["never"],
        ),
        (NPY, npy_with_header("__import__('os')"), ["not a whole .npy"]),
        (NPY, b"\x93NUMPY\x09\x00", ["version"]),
        (NPY, b"1,2,3", ["not a whole .npy"]),
        (PARQUET, b"PAR1 and nothing more", ["not a whole Parquet"]),
        (PARQUET, b"", ["empty"]),
    ],
)
def test_a_bad_body_is_the_callers_400(server, content_type, body, fragments):
    refused(server.post(body, content_type), 400, *fragments)


@pytest.mark.parametrize(
    ("content_type", "fragments"),
    [
        ("application/xml", ["application/xml", "text/csv"]),
        ("application/x-www-form-urlencoded", ["Content-Type: text/csv"]),
        ("multipart/form-data; boundary=x", ["Content-Type: text/csv"]),
        ("text/csv; charset=klingon", ["klingon", "UTF-8"]),
        ("nonsense", ["nonsense"]),
        (";;;=", []),
    ],
)
def test_an_unknown_content_type_is_415(server, content_type, fragments):
    response = server.post(b"1,2,3", content_type)
    if content_type.startswith(";"):  # no name at all is no Content-Type
        assert response.status == 200
    else:
        refused(response, 415, *fragments)


def test_a_compressed_body_is_415(server):
    refused(server.post(b"\x1f\x8b", CSV, Content_Encoding="gzip"), 415, "Content-Encoding")


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "*/*;q=0", "application/json;q=x"])
def test_an_accept_that_cannot_be_met_is_406(server, accept):
    refused(server.post(b"1,2,3", CSV, Accept=accept), 406, "text/csv")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_405(server, method):
    response = server.request(method, "/invocations", b"1,2,3")
    refused(response, 405, "POST /invocations")
    assert response.headers["Allow"] == "POST"


def test_head_is_405_without_a_body(server):
    response = server.request("HEAD", "/invocations")
    assert (response.status, response.body) == (405, b"")


def test_posting_to_ping_is_405(server):
    refused(server.request("POST", "/ping", b""), 405)


@pytest.mark.parametrize("path", ["/nothing", "/invocations/", "/../etc/passwd", "/ping/..", "/%2e%2e/x", "/models"])
def test_an_unknown_path_is_404(server, path):
    refused(server.request("GET", path), 404, "/invocations")


def test_a_body_over_the_limit_is_413(server):
    refused(server.post(b"1," * (4 * MEBIBYTE), CSV), 413, "6 MiB")


def test_a_chunked_body_over_the_limit_is_413_and_takes_no_memory(server):
    before = _peak_memory(server)
    refused(server.post((b"1," * MEBIBYTE for _ in range(100)), CSV), 413, "6 MiB")
    assert _peak_memory(server) - before < 64 * MEBIBYTE


def _peak_memory(server) -> int:
    """The largest peak of the server's processes, in bytes."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = [line for child in children for line in Path(f"/proc/{child}/status").read_text().splitlines()]
    lines = [line for line in lines if line.startswith("VmHWM")]
    return max(int(line.split()[1]) * 1024 for line in lines)


def test_a_lying_content_length_is_refused_unread(server):
    refused(server.request("POST", "/invocations", b"1,2,3", Content_Type=CSV, Content_Length=str(10**12)), 413)


@pytest.mark.parametrize(
    "rest",
    [b"Transfer-Encoding: chunked\r\n\r\nzz\r\n1,2,3\r\n0\r\n\r\n", b"Content-Length: 100\r\n\r\n1,2,3"],
    ids=["no chunk", "less than said"],
)
def test_a_body_that_breaks_off_is_400(server, rest):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n" + rest)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"Traceback" not in answer


def test_a_body_of_exactly_the_limit_is_read(server):
    refused(server.post(b"1".ljust(6 * MEBIBYTE, b","), CSV), 400)


def test_parquet_that_unfolds_to_gigabytes_is_refused(server):
    import pandas as pd

    out = io.BytesIO()
    zeros = np.zeros(6_000_000)
    pd.DataFrame({"age": zeros, "bmi": zeros, "bp": zeros}).to_parquet(out)
    assert len(out.getvalue()) < MEBIBYTE
    refused(server.post(out.getvalue(), PARQUET), 413, "values")


def test_a_model_that_raises_is_500_without_its_words(start):
    server = start(Breaks())
    response = server.post(b"1", CSV)
    refused(response, 500, "log")
    assert b"secret" not in response.body
    logged = [e for e in server.events() if e.get("request_id") == response.error["request_id"] and "traceback" in e]
    assert "secret" in logged[0]["traceback"]


def test_everything_is_json_even_for_json_lines(server):
    assert json.loads(server.post(b"x", LINES, Accept=CSV).body)["error"]["code"] == "malformed_body"
