"""Training data: files of CSV or Parquet become one table, with its target set apart.

pandas reads them; cells mean what they mean to serving: numbers in round-trip precision, the same marks of a missing
one, and text as it is written.
"""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

from container.codecs.csv import MISSING, number
from container.errors import HyperparameterError, TrainingError

PARQUET_SUFFIXES: Final = (".parquet", ".pq")
_PEEK_ROWS: Final = 20
_TRUTHS: Final[dict[str, bool | None]] = {"true": True, "false": False, **dict.fromkeys(MISSING)}


@dataclass(frozen=True)
class Dataset:
    """Features and target of some rows. `named` tells whether the file had a header row."""

    features: pd.DataFrame
    target: pd.Series[Any]
    named: bool

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: Any) -> Dataset:
        """The rows at these positions."""
        return Dataset(self.features.iloc[rows], self.target.iloc[rows], self.named)


def files_in(directory: Path) -> list[Path]:
    """Data files below a folder, sorted; markers such as `_SUCCESS` and hidden or empty files are no data."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and not path.name.startswith((".", "_")) and path.stat().st_size
    )


def read(files: list[Path], header: str = "auto", content_type: str = "") -> tuple[pd.DataFrame, bool]:
    """All files as one table, and whether they had header rows; raises TrainingError.

    Columns of files with headers are matched by name.
    """
    tables = [_read_file(path, header, content_type) for path in files]
    first, named = tables[0]
    for path, (table, has_header) in zip(files[1:], tables[1:], strict=True):
        if has_header != named or set(table.columns) != set(first.columns):
            raise TrainingError(
                f"{path.name} has other columns than {files[0].name}: {_listed(table, has_header)} "
                f"instead of {_listed(first, named)}.",
                "All files of a channel need the same columns, and all or none of them a header row.",
            )
    mixed = [name for name in first.columns if len({is_numeric_dtype(table[name]) for table, _ in tables}) > 1]
    if mixed:  # what is text in one file is read as it is written in all: 01 stays 01
        tables = [_read_file(path, "true" if named else "false", content_type, mixed) for path in files]
    whole = pd.concat([table[first.columns] for table, _ in tables], ignore_index=True)
    return whole.apply(settle), named


def _listed(table: pd.DataFrame, named: bool) -> str:
    return ", ".join(map(str, table.columns[:8])) if named else f"{table.shape[1]} without names"


def settle(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column as numbers, truth values or text, by the rules that serving reads cells by.

    Text that is a number or a mark of a missing one in every row is a column of numbers.
    """
    if is_numeric_dtype(column):
        if isinstance(column.dtype, np.dtype) or is_bool_dtype(column):
            return column
        return column.astype(np.int64 if is_integer_dtype(column) and column.notna().all() else np.float64)
    text = column.astype(object).map(str, na_action="ignore")
    cells = list(text.dropna().unique())
    try:
        return text.map({cell: number(cell) for cell in cells}).astype(np.float64)
    except ValueError:
        pass
    truths: dict[str, Any] = {cell: _TRUTHS.get(cell.strip().lower(), cell) for cell in cells}
    if set(map(type, truths.values())) <= {bool, type(None)}:
        return text.map(truths).astype("boolean")
    return text.astype(object).where(text.notna(), np.nan)


def _read_file(path: Path, header: str, content_type: str, text: Collection[Any] = ()) -> tuple[pd.DataFrame, bool]:
    """One file, with the columns `text` as they are written, and whether it had a header row."""
    try:
        if path.suffix in PARQUET_SUFFIXES or "parquet" in content_type:
            return _read_parquet(path), True
        return _read_csv(path, header, text)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise TrainingError(f"{path.name} is not a CSV: {str(error).strip()}.") from None
    except UnicodeDecodeError:
        raise TrainingError(f"{path.name} is not UTF-8{_where_not_utf8(path)}.", "Save it as UTF-8.") from None
    except OSError as error:
        raise TrainingError(f"{path.name} can't be read: {error.strerror or error}.") from None


def _where_not_utf8(path: Path) -> str:
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f" (line {line})"
    return ""


def _read_csv(path: Path, header: str, text: Collection[Any]) -> tuple[pd.DataFrame, bool]:
    first, has_header = _look(path, header)
    names: list[Any] = [name.strip() for name in first] if has_header else list(range(len(first)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*float_precision")  # pandas 3.1 reads all numbers so; older don't
        table = pd.read_csv(
            path,
            header=0 if has_header else None,
            names=names,
            index_col=False,
            dtype={name: str for name in names if name in text},
            # Empty is missing. Other marks of it are told from text when the whole column is known.
            keep_default_na=False,
            na_values=[""],
            float_precision="round_trip",
            encoding="utf-8-sig",
            low_memory=False,
        )
    return table, has_header


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except ImportError:
        raise TrainingError(
            f"{path.name} is Parquet, which needs pyarrow; it isn't installed here.",
            "Build the image with --build-arg PARQUET=1, install coppice[parquet], or send CSV.",
        ) from None
    except Exception as error:  # noqa: BLE001 - pyarrow has many ways to say that a file is broken
        raise TrainingError(f"{path.name} is not a Parquet file: {(str(error).splitlines() or ['?'])[0]}.") from None
    table.columns = [str(name).strip() for name in table.columns]
    _check_names(path, list(table.columns))
    return table


def _look(path: Path, header: str) -> tuple[list[str], bool]:
    """The first row of a CSV and whether it is a header; every row must be as long as the first.

    pandas would fill short rows up and take the first column of long ones for an index.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        rows = (row for row in reader if row)
        peek = list(islice(rows, _PEEK_ROWS))
        if not peek:
            raise TrainingError(f"{path.name} has no rows.")
        for place, row in enumerate(chain(peek, rows), start=1):
            if len(row) != len(peek[0]):
                raise TrainingError(
                    f"{path.name} has {len(row)} values in row {place}; row 1 has {len(peek[0])}.",
                    "Every row needs a value, or nothing between two commas, for each column.",
                )
    has_header = _is_header(peek[0], peek[1:]) if header == "auto" else header == "true"
    if has_header:
        _check_names(path, [name.strip() for name in peek[0]])
    return peek[0], has_header


def _check_names(path: Path, names: list[str]) -> None:
    if "" in names:
        raise TrainingError(
            f"{path.name} has no name for column {names.index('') + 1} in its header.",
            "Name it, or leave it out: pandas writes its row numbers there unless told to_csv(index=False).",
        )
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise TrainingError(f"{path.name} names the column {repeated[0]!r} twice.", "Give each column its own name.")


def _is_header(first: list[str], others: list[list[str]]) -> bool:
    """A header is text above numbers; or, where no column has numbers, a first row of different texts."""
    text_above_numbers = any(
        not _is_number(cell) and others and all(_is_number(row[place]) for row in others if place < len(row))
        for place, cell in enumerate(first)
    )
    no_numbers = not any(map(_is_number, first)) and len(set(first)) == len(first)
    return text_above_numbers or no_numbers


def _is_number(cell: str) -> bool:
    try:
        number(cell)
    except ValueError:
        return False
    return True


def split_target(table: pd.DataFrame, named: bool, target: str | None, what: str = "the data") -> Dataset:
    """Set the target apart: by name or position; by default the last column under a header, else the first.

    Rows without a target are dropped (`Dataset` is shorter then); raises HyperparameterError for one not there.
    """
    columns = list(table.columns)
    if len(columns) < 2:
        raise TrainingError(
            f"{what} has {len(columns)} column; a target and at least one feature are needed.",
            "Values are separated by commas.",
        )
    place = _place(columns, named, target)
    if place is None:
        allowed = f"a column's name ({_few(columns)}) or its position" if named else "a position, for lack of a header"
        raise HyperparameterError(
            f"The hyperparameter target is {target!r}; allowed for {what} is {allowed}, from 0 to {len(columns) - 1}."
        )
    known = table[table.iloc[:, place].notna()]
    values = known.iloc[:, place]
    if is_bool_dtype(values):
        values = values.astype(bool)
    return Dataset(known.drop(columns=columns[place]), values, named)


def _place(columns: list[Any], named: bool, target: str | None) -> int | None:
    """Where the target stands; None if it doesn't."""
    if target is None:
        return len(columns) - 1 if named else 0
    if named and target in columns:
        return columns.index(target)
    try:
        place = int(target)
    except ValueError:
        return None
    return place % len(columns) if -len(columns) <= place < len(columns) else None


def _few(columns: list[Any]) -> str:
    return ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")


def read_channel(
    directory: Path, header: str, content_type: str, target: str | None, log: Callable[[str], None]
) -> Dataset:
    """A channel's folder (or one file) as a dataset; says what was found. Raises TrainingError."""
    files = [directory] if directory.is_file() else files_in(directory)
    if not files:
        raise TrainingError(
            f"{directory} holds no data: no file, or only empty and hidden ones.",
            "Put CSV or Parquet files there.",
        )
    table, named = read(files, header, content_type)
    dataset = split_target(table, named, target, directory.name)
    name = str(dataset.target.name)
    log(
        f"{directory.name}: {len(table):,} rows, {table.shape[1]} columns from {len(files)} file(s), "
        f"{'with' if named else 'without'} a header row; the target is {name if named else f'column {name} (from 0)'}"
    )
    if dropped := len(table) - len(dataset):
        log(f"{directory.name}: {dropped:,} rows have no target and are left out")
    if not len(dataset):
        raise TrainingError(f"{directory.name} has no row with a target.")
    return dataset
