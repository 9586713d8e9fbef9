from __future__ import annotations

import math

import numpy as np
import pytest
from toy import schema

from container.codecs import csv
from container.codecs.rows import Answer
from container.errors import MalformedBody

THREE = schema("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        (" 1.5 ", 1.5),
        ("-2e3", -2000),
        ("+.5", 0.5),
        ("inf", math.inf),
        ("0x10", None),
        ("1_0", None),
        ("x", None),
    ],
)
def test_numbers(text, expected):
    if expected is None:
        with pytest.raises(ValueError, match=text):
            csv.number(text)
    else:
        assert csv.number(text) == expected


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "NULL", "None", "n/a"])
def test_marks_of_a_missing_value(text):
    assert math.isnan(csv.number(text))


def test_plain_numbers_become_a_matrix_at_once():
    table = csv.decode(b"1,2.5,-3e2\n4,5,6\n", THREE)
    assert isinstance(table.cells, np.ndarray)
    assert table.cells.tolist() == [[1, 2.5, -300], [4, 5, 6]]
    assert table.names is None


@pytest.mark.parametrize("body", [b"a,b,c\n1,2,3\n", b'"a","b","c"\r\n1,2,3', b"\xef\xbb\xbfa,b,c\n1,2,3\n"])
def test_a_header_gives_names_and_still_a_matrix(body):
    table = csv.decode(body, THREE)
    assert table.names == ("a", "b", "c")
    assert isinstance(table.cells, np.ndarray)
    assert table.cells.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize(
    "body", [b"1,,3\n", b'"1",2,3\n', b"1,2,3\n\n4,5,6\n", b"1,nan,3\n", b"01,2,3\n", b"1,null,3\n"]
)
def test_what_json_does_not_know_is_read_carefully(body):
    assert csv.decode(body, THREE).untyped


def test_brackets_cannot_smuggle_rows_in():
    assert csv.decode(b"1,2],[3,4\n", schema("a", "b")).cells == [["1", "2]", "[3", "4"]]


def test_columns_named_by_numbers_are_a_header():
    table = csv.decode(b"0,1,2\n7,8,9\n", schema("0", "1", "2"))
    assert table.names == ("0", "1", "2")
    assert len(table.cells) == 1


def test_the_content_type_may_settle_the_header():
    assert len(csv.decode(b"x,y,z\n1,2,3\n", THREE, header=False).cells) == 2
    assert csv.decode(b"1,2,3\n4,5,6\n", THREE, header=True).names == ("1", "2", "3")


def test_text_columns_keep_their_text():
    table = csv.decode(b"007,2\n", schema("code", "n", code="string"))
    assert table.cells == [["007", "2"]]


def test_a_first_row_of_texts_is_data_where_the_model_takes_texts():
    assert csv.decode(b"red,big\n", schema("color", "size", color="string", size="string")).names is None


def test_a_broken_quote_says_where():
    with pytest.raises(MalformedBody, match="line 2"):
        csv.decode(b'1,2,3\n4,"5', THREE)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([1.5, 0.1 + 0.2, 1e-300]), b"1.5\n0.30000000000000004\n1e-300\n"),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), b"1.0,2.0\n3.0,4.0\n"),
        (np.array([[1.0], [3.0]]), b"1.0\n3.0\n"),
        (np.array([1.0, np.nan, np.inf]), b"1.0\nnan\ninf\n"),
        (np.array([1, 2]), b"1\n2\n"),
        (np.array(["a", 'b, "c"']), b'a\n"b, ""c"""\n'),
        (np.array([[1.0, 2.0], [3.0, 4.0]], order="F"), b"1.0,2.0\n3.0,4.0\n"),
    ],
)
def test_encoding(array, expected):
    assert csv.encode(Answer((array,))) == expected


def test_lists_in_a_cell_are_json():
    answer = Answer((["x", "y"], [[0.5, 0.5], [1, 0]]), keys=("predicted_label", "probabilities"))
    assert csv.encode(answer) == b'x,"[0.5,0.5]"\ny,"[1,0]"\n'
