"""The body's type and the limits of what is sent with it."""

from __future__ import annotations

import pytest

from deploy.aws.invocation import Call
from deploy.endpoint.running import Kind
from deploy.errors import LimitError, UsageError
from deploy.invoke.payload import check_headers, check_size, content_type_of, read_body

CSV = Call(b"1,2\n", "text/csv")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.csv", "text/csv"), ("A.JSON", "application/json"), ("a.b.jsonl", "application/jsonlines"),
     ("a.npy", "application/x-npy"), ("a.parquet", "application/x-parquet")],
)  # fmt: skip
def test_the_ending_says_what_a_file_is(name, media_type):
    assert content_type_of(name, b"") == media_type


@pytest.mark.parametrize("name", ["a.txt", "payload", ".csv"])
def test_another_ending_needs_the_flag(name):
    with pytest.raises(UsageError, match="doesn't say what it holds") as error:
        content_type_of(name, b"{}")
    assert "--content-type" in error.value.hint


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b" \n{}", "application/json"), (b"\xef\xbb\xbf[1]", "application/json"), (b"1,2", "text/csv"),
     (b"\x93NUMPY\x01", "application/x-npy"), (b"PAR1", "application/x-parquet")],
)  # fmt: skip
def test_the_first_byte_says_what_stdin_is(body, media_type):
    assert content_type_of("-", body) == media_type


def test_what_cant_be_sent_is_said(tmp_path):
    (tmp_path / "empty.csv").touch()
    for name, said in (("gone.csv", "There is no file"), (str(tmp_path), "is a folder"), ("-", "stdin is empty")):
        with pytest.raises(UsageError, match=said):
            read_body(name, lambda: b"")
    with pytest.raises(UsageError, match="is empty"):
        read_body(str(tmp_path / "empty.csv"), lambda: b"")
    assert read_body("-", lambda: b"\x00\xff") == b"\x00\xff"


@pytest.mark.parametrize(
    "good",
    [{"inference_id": "a"}, {"inference_id": "a" * 64}, {"inference_id": "a b!"}, {"attributes": "x" * 1024},
     {"attributes": "a = 1; b"}, {"accept": "text/csv, application/json;q=0.5"}],
)  # fmt: skip
def test_headers_within_the_limits(good):
    check_headers(CSV._replace(**good))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"inference_id": "a" * 65}, r"1 to 64 .*\(65 characters\)"),
        ({"inference_id": " a"}, "the first no space"),
        ({"inference_id": "a\n"}, "--inference-id"),
        ({"inference_id": "ü"}, "--inference-id"),
        ({"attributes": "x" * 1025}, "up to 1,024 characters; these are 1,025"),
        ({"attributes": "a\r\nX-Evil: 1"}, "--attributes takes visible"),
        ({"accept": "x" * 1025}, "--accept takes up to"),
        ({"content_type": "text/csv\n"}, "--content-type takes visible"),
    ],
)
def test_headers_over_the_limits(bad, said):
    with pytest.raises(LimitError, match=said):
        check_headers(CSV._replace(**bad))


@pytest.mark.parametrize(("kind", "limit"), [(Kind.serverless, 4_194_304), (Kind.real_time, 6_291_456)])
def test_the_body_s_limit_is_the_endpoint_s(kind, limit):
    check_size(CSV._replace(body=b"x" * limit), kind, "")
    with pytest.raises(LimitError, match=f"{limit:,} bytes.*has {limit + 1:,} bytes") as error:
        check_size(CSV._replace(body=b"x" * (limit + 1)), kind, "coppice batch")
    assert (error.value.hint, error.value.exit_code) == ("coppice batch", 2)
