"""A CSV with a header row isn't split by line."""

from __future__ import annotations

import pytest

from deploy.aws.s3 import S3Uri
from deploy.batch.header import is_header, refuse_header
from deploy.batch.transform import Transform
from deploy.errors import NotSupported

HEADER = b"age,sex\n54,2\n"


def asked(content_type: str = "text/csv", split: str = "line") -> Transform:
    return Transform(S3Uri("rows", "in.csv"), S3Uri("rows", "out"), content_type, split)  # type: ignore[arg-type]


@pytest.mark.parametrize("first", [HEADER, b"\xef\xbb\xbfage\n1", b'"a, b",c\r\n1,2', b"age,sex"])
def test_a_header_is_seen(first: bytes) -> None:
    assert is_header(first)


@pytest.mark.parametrize("first", [b"54,2\n", b"x,2\n", b"nan,\n", b"", b"\n1,2", b"age,\n1,2", b"1e-3,b"])
def test_rows_are_no_header(first: bytes) -> None:
    assert not is_header(first)


@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; header=present", "text/csv; charset=utf-8"])
def test_it_is_refused_with_the_ways_around(content_type: str) -> None:
    with pytest.raises(NotSupported, match=r"in\.csv has a header row") as refused:
        refuse_header(asked(content_type), "in.csv", HEADER)
    assert "tail -n +2" in refused.value.hint
    assert "--split none" in refused.value.hint


def test_declared_headers_count_even_when_unseen() -> None:
    with pytest.raises(NotSupported):
        refuse_header(asked("text/csv; header=present"), "in.csv", b"1,2\n")


@pytest.mark.parametrize(
    ("content_type", "split"),
    [("text/csv; header=absent", "line"), ("text/csv", "none"), ("application/jsonlines", "line")],
)
def test_elsewhere_it_is_fine(content_type: str, split: str) -> None:
    refuse_header(asked(content_type, split), "in.csv", HEADER)
