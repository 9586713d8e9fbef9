"""Tables as training sees them: cells mean what they mean to serving, and what is odd is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from container.codecs import csv
from container.errors import HyperparameterError, TrainingError
from container.training import data

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def kinds(table: pd.DataFrame) -> list[str]:
    return [str(dtype) for dtype in table.dtypes]


def values(column: pd.Series[Any]) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in column]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a,b\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("a,b\nx,y\nz,w\n", True),
        ("red,1\nblue,2\n", False),
        ("NA,1\n2,3\n", False),
        (",1\n2,3\n", False),
        ("a,b\n,2\nNA,3\n", True),
        ("-1e5,inf\n3,4\n", False),
    ],
)
def test_a_header_is_told_from_data(write: Write, text: str, named: bool) -> None:
    _, found = data.read([write(text)])
    assert found is named


@pytest.mark.parametrize(("header", "rows"), [("true", 1), ("false", 2)])
def test_a_header_can_be_told(write: Write, header: str, rows: int) -> None:
    table, named = data.read([write("1,2\n3,4\n")], header)
    assert (len(table), named) == (rows, header == "true")


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        ("1,2", "int64", [1, 2]),
        ("1,2.5", "float64", [1.0, 2.5]),
        ("1,", "float64", [1.0, None]),
        ("1,NA", "float64", [1.0, None]),
        ("None,nan", "float64", [None, None]),
        ("1, NULL ", "float64", [1.0, None]),
        ("0.1,99999999999999999999999", "float64", [0.1, 1e23]),
        ("1e3,Infinity", "float64", [1000.0, np.inf]),
        ("True,false", "bool", [True, False]),
        ("True,", "boolean", [True, None]),
        ("TRUE,NA", "boolean", [True, None]),
        ("red,NA", "object", ["red", "NA"]),
        ("red,", "object", ["red", None]),
        (" red,red ", "object", [" red", "red "]),
        ("2020-01-01,2021-01-01", "object", ["2020-01-01", "2021-01-01"]),
        ("1_000,2", "object", ["1_000", "2"]),
        ("true,1", "object", ["true", "1"]),
        ("#N/A,1", "object", ["#N/A", "1"]),
    ],
)
def test_a_column_is_what_all_of_its_cells_are(write: Write, cells: str, kind: str, expected: list[Any]) -> None:
    table, _ = data.read([write("c,y\n" + "".join(f"{cell},7\n" for cell in cells.split(",")))], "true")
    assert kinds(table) == [kind, "int64"]
    assert values(table["c"]) == expected


@pytest.mark.parametrize("cell", ["0.1", "1e-310", "123456789.123456789", "3.0000000000000004", "-0.0"])
def test_numbers_are_the_ones_serving_reads(write: Write, cell: str) -> None:
    table, _ = data.read([write(f"a,b\n{cell},1\n")])
    assert table["a"].iloc[0].hex() == csv.number(cell).hex()


def test_headers_may_be_quoted_spaced_and_in_any_script(write: Write) -> None:
    table, _ = data.read([write('\ufeff"größe, cm", 数 ,y\r\n1,2,3\r\n\r\n4,5,6\r\n')])
    assert list(table.columns) == ["größe, cm", "数", "y"]
    assert table.values.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a,a\n1,2\n", "names the column 'a' twice"),
        ("a, a \n1,2\n", "names the column 'a' twice"),
        (",a\n0,2\n", "no name for column 1 in its header"),
        ("a,b,\n1,2,\n", "no name for column 3 in its header"),
        ("a,b\n1,2\n3\n", "has 1 values in row 3; row 1 has 2"),
        ("a,b\n1,2,\n3,4,\n", "has 3 values in row 2; row 1 has 2"),
        ("\n \n", "no name for column 1"),
        ("\n\n", "has no rows"),
        ('a,b\n"1,2\n', "has 1 values in row 2; row 1 has 2"),
        (b"a,b\n1,2\n\xff,3\n", r"not UTF-8 \(line 3\)"),
        ("a,b\n1,2\n".encode("utf-16"), r"not UTF-8 \(line 1\)"),
    ],
)
def test_a_broken_table_is_refused_by_its_place(write: Write, text: str | bytes, complaint: str) -> None:
    with pytest.raises(TrainingError, match=complaint) as refusal:
        data.read([write(text)], "auto" if text != "\n \n" else "true")
    assert refusal.value.message.startswith("data.csv ")


def test_files_are_matched_by_column_name(write: Write) -> None:
    table, _ = data.read([write("a,b\n1,2\n", "1.csv"), write("b,a\n4,3\n", "2.csv")])
    assert table.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_what_is_text_in_one_file_is_read_as_it_is_written_in_all(write: Write) -> None:
    table, _ = data.read([write("zip,y\n01x,1\n,2\n", "1.csv"), write("y,zip\n3,007\n", "2.csv")])
    assert values(table["zip"]) == ["01x", None, "007"]


@pytest.mark.parametrize("other", ["a,c\n3,4\n", "a,b,c\n1,2,3\n", "3,4\n"])
def test_files_with_other_columns_are_refused(write: Write, other: str) -> None:
    with pytest.raises(TrainingError, match=r"2\.csv has other columns than 1\.csv"):
        data.read([write("a,b\n1,2\n", "1.csv"), write(other, "2.csv")])


def test_markers_hidden_and_empty_files_are_no_data(write: Write, tmp_path: Path) -> None:
    for name in ("_SUCCESS", ".hidden.csv"):
        write("x", name)
    write("", "empty.csv")
    found = [write("1,2", "b.csv"), write("1,2", "deep/a.csv")]
    assert data.files_in(tmp_path) == found


def test_parquet_keeps_its_names_and_types(tmp_path: Path) -> None:
    from decimal import Decimal

    frame = pd.DataFrame(
        {
            "whole": pd.array([1, 2], dtype="Int64"),
            "gap": pd.array([1, None], dtype="Int64"),
            "flag": [True, False],
            "maybe": pd.array([True, None], dtype="boolean"),
            "kind": pd.Categorical(["x", None]),
            "price": [Decimal("1.5"), None],
            "day": pd.to_datetime(["2020-01-01", None]),
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    table, named = data.read([tmp_path / "a.parquet"])
    assert named
    assert kinds(table) == ["int64", "float64", "bool", "boolean", "object", "float64", "object"]
    assert values(table["kind"]) == ["x", None]
    assert values(table["price"]) == [1.5, None]


def test_what_only_claims_to_be_parquet_is_refused(write: Write) -> None:
    with pytest.raises(TrainingError, match=r"a\.parquet is not a Parquet file"):
        data.read([write("a,b\n1,2\n", "a.parquet")])


TABLE = pd.DataFrame({"a": [1, 2], "b": [3.0, np.nan], "0": [5, 6]})
PLAIN = TABLE.set_axis(range(3), axis="columns")


@pytest.mark.parametrize(
    ("named", "target", "column"),
    [(True, None, "0"), (True, "a", "a"), (True, "0", "0"), (True, "1", "b"), (True, "-3", "a"),
     (False, None, 0), (False, "2", 2), (False, "-1", 2)],
)  # fmt: skip
def test_the_target_is_found_by_name_or_position(named: bool, target: str | None, column: Any) -> None:
    found = data.split_target(TABLE if named else PLAIN, named, target)
    assert found.target.name == column
    assert column not in found.features
    assert found.features.shape[1] == 2


@pytest.mark.parametrize("target", ["c", "3", "-4", "²", "", "1.0"])
def test_a_target_that_is_not_there_is_refused_with_what_is(target: str) -> None:
    with pytest.raises(HyperparameterError) as refusal:
        data.split_target(TABLE, True, target)
    assert f"target is {target!r}; allowed for the data is a column's name (a, b, 0)" in refusal.value.message


def test_a_name_is_no_target_without_a_header() -> None:
    with pytest.raises(HyperparameterError, match="for lack of a header, from 0 to 2"):
        data.split_target(PLAIN, False, "a")


def test_one_column_is_no_table() -> None:
    with pytest.raises(TrainingError, match="1 column; a target and at least one feature are needed"):
        data.split_target(TABLE[["a"]], True, None)


def test_rows_without_a_target_are_left_out_and_counted(write: Write) -> None:
    said: list[str] = []
    found = data.read_channel(write("a,y\n1,\n2,True\n"), "auto", "", None, said.append)
    assert (len(found), found.target.tolist(), found.target.dtype) == (1, [True], bool)
    assert said[0] == "data.csv: 2 rows, 2 columns from 1 file(s), with a header row; the target is y"
    assert said[1] == "data.csv: 1 rows have no target and are left out"


@pytest.mark.parametrize("content", ["a,y\n", "a,y\n1,\n"])
def test_a_table_without_any_target_is_refused(write: Write, content: str) -> None:
    with pytest.raises(TrainingError, match="no row with a target"):
        data.read_channel(write(content), "auto", "", None, lambda _: None)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no data"):
        data.read_channel(tmp_path, "auto", "", None, lambda _: None)
