from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from toy import schema

from container.errors import ContainerError
from container.inference.script.rows import read_freely, rows_of

ROWS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "data",
    [ROWS, np.array(ROWS), tuple(map(tuple, ROWS)), [["1", "2"], ["3", " 4"]], np.array([["1", "2"], ["3", "4"]]),
     np.array(ROWS, dtype=object), pd.DataFrame(ROWS), pd.DataFrame(ROWS, columns=["a", "b"])[["b", "a"]],
     [{"b": 2, "a": 1}, {"a": 3, "b": 4}], pd.DataFrame([["1", "2"], ["3", "4"]])],
)  # fmt: skip
def test_rows_in_every_form(data):
    found = rows_of(data, schema("a", "b"))
    assert found.dtype == np.float64 and found.tolist() == ROWS


def test_one_row_and_one_column():
    for row in ([1, 2], np.array([1, 2]), pd.Series({"b": 2, "a": 1})):
        assert rows_of(row, schema("a", "b")).tolist() == [[1, 2]]
    assert rows_of([1, 2], schema("a")).tolist() == [[1], [2]]
    assert np.isnan(rows_of([[1, None]], schema("a", "b"))[0, 1])


@pytest.mark.parametrize("data", [[["x", "2"]], [[1, 2, 3]], np.array([["x", "y"]]), 3, None, np.zeros((1, 1, 2))])
def test_what_is_no_row_of_the_model(data):
    with pytest.raises(ContainerError):
        rows_of(data, schema("a", "b"))


@pytest.mark.parametrize(
    ("body", "media_type"),
    [("[1, 2]", "application/json"), ('{"Input": [1, 2]}', "application/json"), ("1,2", "text/csv")],
)
def test_one_list_of_numbers_is_one_row_for_a_model_that_says_nothing(body, media_type):
    assert read_freely(body.encode(), media_type)[0].tolist() == [[1, 2]]


def test_texts_stay_a_list_of_texts():
    assert read_freely(json.dumps(["a text", "b"]).encode(), "application/json")[0] == ["a text", "b"]
