from __future__ import annotations

import pytest

from container import contract
from container.codecs import negotiation
from container.codecs.negotiation import MediaType
from container.errors import NotAcceptable, UnsupportedMediaType


def written(accept: str, came_as: str = contract.CSV, default: str = "") -> str:
    codec = negotiation.find(came_as)
    assert codec is not None
    return negotiation.writer(accept, codec, default)[1]


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("text/csv", "text/csv", {}),
        (' Text/CSV ; Charset="UTF-8"; q=0.5', "text/csv", {"charset": "UTF-8", "q": "0.5"}),
        ("", "", {}),
        (";;=;", "", {"": ""}),
    ],
)
def test_parsing(text, name, parameters):
    assert MediaType.parse(text) == MediaType(name, parameters)


@pytest.mark.parametrize(("q", "quality"), [("1", 1), ("0.25", 0.25), ("2", 0), ("-1", 0), ("nan", 0), ("x", 0)])
def test_quality(q, quality):
    assert MediaType.parse(f"a/b;q={q}").quality == quality


@pytest.mark.parametrize(
    ("accept", "came_as", "default", "chosen"),
    [
        ("", contract.CSV, "", contract.CSV),
        ("*/*", contract.NPY, "", contract.NPY),
        ("*/*", contract.NPY, contract.JSON, contract.JSON),
        ("", contract.CSV, contract.JSONLINES, contract.JSONLINES),
        ("text/csv", contract.CSV, contract.JSON, contract.CSV),
        ("text/csv, application/json", contract.JSON, "", contract.CSV),
        ("application/json, text/csv", contract.JSON, "", contract.JSON),
        ("text/csv;q=0.1, application/json;q=0.2", contract.CSV, "", contract.JSON),
        ("application/json;q=0.5, */*;q=0.8", contract.JSON, "", contract.CSV),
        ("*/*, application/json;q=0", contract.JSON, "", contract.CSV),
        ("application/*", contract.CSV, "", contract.JSON),
        ("text/*", contract.JSON, contract.JSON, contract.CSV),
        ("image/png, application/x-ndjson", contract.CSV, "", "application/x-ndjson"),
        (",,", contract.CSV, "", contract.CSV),
    ],
)
def test_the_answers_type(accept, came_as, default, chosen):
    assert written(accept, came_as, default) == chosen


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "*/*;q=0", "x"])
def test_nothing_acceptable(accept):
    with pytest.raises(NotAcceptable, match="asks for nothing"):
        written(accept)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"[1]", contract.JSON),
        (b' \n{"a": 1}', contract.JSON),
        (b"\xef\xbb\xbf[1]", contract.JSON),
        (b"\x93NUMPY", contract.NPY),
        (b"PAR1", contract.PARQUET),
        (b"1,2", contract.CSV),
        (b"", contract.CSV),
        (b"\xff", contract.CSV),
    ],
)
@pytest.mark.parametrize("content_type", ["", "application/octet-stream"])
def test_the_first_byte_tells(body, name, content_type):
    assert negotiation.reader(content_type, body)[0].media_type == name


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_a_form_is_never_rows(content_type):
    with pytest.raises(UnsupportedMediaType) as caught:
        negotiation.reader(content_type, b"1,2,3")
    assert "Content-Type: text/csv" in caught.value.hint


def test_parquet_without_pyarrow_says_what_to_do():
    with pytest.raises(UnsupportedMediaType) as caught:
        negotiation._refuse(contract.PARQUET)
    assert "PARQUET=1" in caught.value.hint
