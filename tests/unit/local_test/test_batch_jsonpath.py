"""The JSONPath of batch transform's filters, operator by operator as AWS lists them."""

from __future__ import annotations

import pytest

from local_test.emulator.batch.jsonpath import JsonPath, PathError

ROW = ["id", "1", "2", "3"]
RECORD = {"id": "a", "features": [1, 2, 3], "deep": {"er": {"x-y": 5}}, "SageMakerOutput": {"score": 0.5}}


@pytest.mark.parametrize(
    ("path", "record", "selected"),
    [
        ("$", ROW, ROW),
        ("$[1:]", ROW, ["1", "2", "3"]),
        ("$[:2]", ROW, ["id", "1"]),
        ("$[-2:]", ROW, ["2", "3"]),
        ("$[1:-1]", ROW, ["1", "2"]),
        ("$[0]", ROW, "id"),
        ("$[0,-1]", ROW, ["id", "3"]),
        ("$[ 2 , 0 ]", ROW, ["2", "id"]),
        ("$.features", RECORD, [1, 2, 3]),
        ("$['features']", RECORD, [1, 2, 3]),
        ('$["features"][0:2]', RECORD, [1, 2]),
        ("$.deep.er.x-y", RECORD, 5),
        ("$['id','SageMakerOutput']", RECORD, {"id": "a", "SageMakerOutput": {"score": 0.5}}),
        ("$.SageMakerOutput.score", RECORD, 0.5),
        ("$.deep.*", RECORD, [{"x-y": 5}]),
        ("$.features[*]", RECORD, [1, 2, 3]),
        ("$[5:]", ROW, []),
    ],
)
def test_what_a_path_selects(path, record, selected):
    assert JsonPath(path)(record) == selected


@pytest.mark.parametrize(
    "path", ["", "features", "$features", "$..id", "$[?(@.a)]", "$[0:2:1]", "$[", "$.", "$['a]", "$[a]"]
)
def test_what_is_no_path(path):
    with pytest.raises(PathError):
        JsonPath(path)


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("$[4]", ROW),
        ("$.nothing", RECORD),
        ("$.id", ROW),
        ("$[0]", RECORD),
        ("$[1:]", RECORD),
        ("$['id','no']", RECORD),
    ],
)
def test_a_path_that_leads_nowhere(path, record):
    with pytest.raises(PathError, match="selects nothing"):
        JsonPath(path)(record)
