"""Training data: files of CSV or Parquet become one table, with its target set apart.

pandas reads them; numbers are parsed exactly as serving parses them (round-trip precision).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from container.errors import HyperparameterError, TrainingError

PARQUET_SUFFIXES: Final = (".parquet", ".pq")
_PEEK_ROWS: Final = 20


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
    tables = [(path, *_read_file(path, header, content_type)) for path in files]
    first_path, first, named = tables[0]
    for path, table, has_header in tables[1:]:
        if has_header != named or set(table.columns) != set(first.columns):
            raise TrainingError(
                f"{path.name} has other columns than {first_path.name}: {_listed(table, has_header)} "
                f"instead of {_listed(first, named)}.",
                "All files of a channel need the same columns, and all or none of them a header row.",
            )
    return pd.concat([table[first.columns] for _, table, _ in tables], ignore_index=True), named


def _listed(table: pd.DataFrame, named: bool) -> str:
    return ", ".join(map(str, table.columns[:8])) if named else f"{table.shape[1]} without names"


def _read_file(path: Path, header: str, content_type: str) -> tuple[pd.DataFrame, bool]:
    try:
        if path.suffix in PARQUET_SUFFIXES or "parquet" in content_type:
            return _read_parquet(path), True
        has_header = _has_header(path) if header == "auto" else header == "true"
        table = pd.read_csv(
            path,
            header=0 if has_header else None,
            skipinitialspace=True,
            float_precision="round_trip",
            encoding="utf-8-sig",
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise TrainingError(f"{path.name} is not a CSV: {str(error).strip()}.") from None
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path.name} is not UTF-8 (byte {error.start + 1}).", "Save it as UTF-8.") from None
    except OSError as error:
        raise TrainingError(f"{path.name} can't be read: {error.strerror or error}.") from None
    if has_header:
        table.columns = [str(name).strip() for name in table.columns]
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
    table.columns = [str(name) for name in table.columns]
    return table


def _has_header(path: Path) -> bool:
    """A header is text above numbers; or, where no column has numbers, a first row of different texts."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row, _ in zip(csv.reader(file), range(_PEEK_ROWS), strict=False) if row]
    if not rows:
        raise TrainingError(f"{path.name} has no rows.")
    first, others = rows[0], rows[1:]
    text_above_numbers = any(
        not _is_number(cell) and others and all(_is_number(row[place]) for row in others if place < len(row))
        for place, cell in enumerate(first)
    )
    no_numbers = not any(map(_is_number, first)) and len(set(first)) == len(first) and all(first)
    return text_above_numbers or no_numbers


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


def split_target(table: pd.DataFrame, named: bool, target: str | None) -> Dataset:
    """Set the target apart: by name or position; by default the last column under a header, else the first.

    Rows without a target are dropped (`Dataset` is shorter then); raises HyperparameterError for one not there.
    """
    columns = list(table.columns)
    if len(columns) < 2:
        raise TrainingError(f"The data has {len(columns)} column; a target and at least one feature are needed.")
    if target is None:
        place = len(columns) - 1 if named else 0
    elif named and target in columns:
        place = columns.index(target)
    elif target.lstrip("-").isdigit() and -len(columns) <= int(target) < len(columns):
        place = int(target) % len(columns)
    else:
        allowed = f"one of {', '.join(columns)}" if named else "a position (the data has no header row)"
        raise HyperparameterError(
            f"The hyperparameter target is {target!r}; allowed is {allowed}, from 0 to {len(columns) - 1} by position."
        )
    known = table[table.iloc[:, place].notna()]
    features = known.drop(columns=columns[place])
    return Dataset(features, known.iloc[:, place], named)


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
    dataset = split_target(table, named, target)
    log(
        f"{directory.name}: {len(table):,} rows, {table.shape[1]} columns from {len(files)} file(s), "
        f"{'with' if named else 'without'} a header row; the target is {dataset.target.name!r}"
    )
    if dropped := len(table) - len(dataset):
        log(f"{directory.name}: {dropped:,} rows have no target and are left out")
    if not len(dataset):
        raise TrainingError(f"{directory.name} has no row with a target.")
    return dataset
