from __future__ import annotations

import math

import numpy as np
import pytest
from toy import schema

from container.codecs.rows import Table
from container.errors import BadValue, ColumnMismatch
from container.inference.validate import arrange

AB = schema("a", "b")
MIXED = schema("n", "flag", "word", flag="bool", word="string")


def test_a_matrix_that_fits_is_not_copied():
    cells = np.array([[1.0, 2.0]])
    assert arrange(Table(cells), AB) is cells
    assert arrange(Table(cells, ("a", "b")), AB) is cells


def test_columns_are_put_in_the_models_order():
    assert arrange(Table(np.array([[1.0, 2.0]]), ("b", "a")), AB).tolist() == [[2, 1]]
    assert arrange(Table([["x", True, 1]], ("word", "flag", "n")), MIXED).tolist() == [[1, True, "x"]]


def test_a_header_over_a_model_without_names_is_counted_only():
    assert arrange(Table(np.array([[1.0, 2.0]]), ("x", "y")), schema("", "")).tolist() == [[1, 2]]
    with pytest.raises(ColumnMismatch, match="1 column; this model takes 2"):
        arrange(Table(np.array([[1.0]]), ("x",)), schema("", ""))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a",), "missing: b"),
        (("a", "b", "c"), "unknown: c"),
        (("a", "a", "b"), "repeated: a"),
        (("A", "b"), "unknown: A; missing: a"),
    ],
)
def test_columns_that_do_not_match(names, said):
    with pytest.raises(ColumnMismatch, match=said):
        arrange(Table([["1"] * len(names)], names, untyped=True), AB)


@pytest.mark.parametrize(
    ("cell", "untyped", "expected"),
    [(3, False, 3.0), (None, False, math.nan), ("3", True, 3.0), ("", True, math.nan), (2**60, False, 2.0**60)],
)
def test_numbers(cell, untyped, expected):
    (value,) = arrange(Table([[cell]], untyped=untyped), schema("a"))[0]
    assert value == expected or (math.isnan(value) and math.isnan(expected))


@pytest.mark.parametrize("cell", ["3", True, [], {}, 10**400])
def test_what_is_no_number_in_json(cell):
    with pytest.raises(BadValue, match=r"Row 2, column 1 \(a\)"):
        arrange(Table([[1], [cell]]), schema("a"))


@pytest.mark.parametrize(
    ("cell", "untyped", "expected"),
    [(True, False, True), (0, False, False), (1.0, False, True), ("TRUE", True, True), ("0", True, False)],
)
def test_truth_values(cell, untyped, expected):
    assert arrange(Table([[cell]], untyped=untyped), schema("f", f="bool")).tolist() == [[expected]]


@pytest.mark.parametrize(("cell", "untyped"), [("true", False), (2, False), ("yes", True)])
def test_what_is_neither_true_nor_false(cell, untyped):
    with pytest.raises(BadValue, match="true or false is expected"):
        arrange(Table([[cell]], untyped=untyped), schema("f", f="bool"))


def test_texts():
    words = schema("w", w="string")
    assert arrange(Table([["x"]]), words).tolist() == [["x"]]
    assert math.isnan(arrange(Table([[None]]), words)[0, 0])
    with pytest.raises(BadValue, match="a number came where a text is expected"):
        arrange(Table([[1]]), words)


def test_a_matrix_of_numbers_does_not_fit_text_columns():
    with pytest.raises(BadValue, match="text is expected"):
        arrange(Table(np.array([[1.0, 1.0, 1.0]])), MIXED)


def test_long_cells_are_not_repeated_in_full():
    with pytest.raises(BadValue) as caught:
        arrange(Table([["x" * 10_000]], untyped=True), schema("a"))
    assert len(caught.value.message) < 100
