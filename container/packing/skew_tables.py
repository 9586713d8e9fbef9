"""Tables in the training channels: which files are some, how cells are separated, and whether there is a header.

Scripts read what they like, so nothing is known of the files; what doesn't look like a table is passed over.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

READ_ROWS: Final = 20_000
"""How much of a file is looked at: its beginning may be sorted, so rows are taken from all over this."""

COMPARED_ROWS: Final = 1_000
MOST_TABLES: Final = 4
"""Of a folder, so many tables of different columns are looked at."""

_PEEK: Final = 20
_OPEN: Final[dict[str, Callable[..., Any]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_TEXTS: Final = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat", ".train", "")
_PARQUET: Final = (".parquet", ".pq")
_NO_DATA: Final = ("readme", "license", "licence", "notice", "manifest", "makefile")
_HELD_OUT: Final = ("val", "test", "eval", "hold")
_NO_CHANNEL: Final = (*_HELD_OUT, "code", "sm_", "model", "config")
_MISSING: Final = ("", "?", "na", "n/a", "nan", "null", "none", "-")


class Sample(NamedTuple):
    """Some rows of a file, in its order; `named` says that a header names its columns."""

    table: pd.DataFrame
    name: str
    named: bool


def tables(channels: Mapping[str, Path]) -> Iterator[Sample]:
    """Rows of the tables of the training channel, one for each set of columns; what can't be read is passed over."""
    seen: set[tuple[str, ...]] = set()
    for path in _files(channels):
        if len(seen) == MOST_TABLES:
            return
        try:
            sample = _read(path)
        except (OSError, ValueError, ImportError, csv.Error, EOFError):  # pandas' and pyarrow's errors are ValueErrors
            continue
        if sample is not None and len(sample.table) and tuple(map(str, sample.table.columns)) not in seen:
            seen.add(tuple(map(str, sample.table.columns)))
            yield sample


def _files(channels: Mapping[str, Path]) -> Iterator[Path]:
    """The files of the training channels: of those called so, else of all that aren't for something else."""
    usual = [name for name in ("train", "training") if name in channels]
    called = [name for name in channels if "train" in name.lower()]
    others = [name for name in channels if not name.lower().startswith(_NO_CHANNEL)]
    for name in usual or called or others:
        paths = sorted(channels[name].rglob("*"), key=lambda path: (path.name.lower().startswith(_HELD_OUT), path))
        for path in paths:
            if path.is_file() and not path.name.startswith((".", "_")) and path.stat().st_size:
                yield path


def _read(path: Path) -> Sample | None:
    import pandas as pd

    ending = path.with_suffix("").suffix if path.suffix in _OPEN else path.suffix
    if path.name.lower().startswith(_NO_DATA) or ending.lower() not in (*_TEXTS, *_PARQUET):
        return None
    if ending in _PARQUET:
        return Sample(_spread(pd.read_parquet(path).head(READ_ROWS)), path.name, named=True)
    with _OPEN.get(path.suffix, open)(path, "rt", encoding="utf-8-sig") as file:
        lines = [line.rstrip("\r\n") for line in islice(file, _PEEK) if line.strip()]
    separator = _separator(lines)
    if separator is None:
        return None
    rows = [_split(line, separator) for line in lines[:2]]
    named = _is_header(rows[0], rows[-1])
    table = pd.read_csv(
        path,
        sep=separator,
        header=0 if named else None,
        nrows=READ_ROWS,
        na_values=["?"],
        skipinitialspace=True,
        decimal="," if separator == ";" and "," in "".join(lines[1:]) and "." not in "".join(lines[1:]) else ".",
    )
    return Sample(_spread(table), path.name, named)


def _separator(lines: Sequence[str]) -> str | None:
    """What makes the same number of cells of each line, as prose doesn't; a comma may be a decimal one."""
    for separator in ("\t", ";", "|", ",", r"\s+"):
        widths = {len(_split(line, separator)) for line in lines[1:] or lines}
        if len(widths) == 1 and widths != {1} and abs(len(_split(lines[0], separator)) - max(widths)) <= 1:
            return separator
    return None


def _split(line: str, separator: str) -> list[str]:
    if separator == r"\s+":
        return line.split()
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])


def _is_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first row names columns: no numbers, or a text above a number, or columns that are counted."""
    numbers = [_number(cell) for cell in first]
    if all(number is None for number in numbers):
        return True
    above = zip(first, second, strict=False)
    if any(_number(a) is None and a.strip().lower() not in _MISSING and _number(b) is not None for a, b in above):
        return True
    counted = [number for number in numbers if number is not None]
    return len(counted) > 2 and counted in (list(range(len(counted))), list(range(1, len(counted) + 1)))


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", ".")) if cell.strip().lower() not in _MISSING else None
    except ValueError:
        return None


def _spread(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= COMPARED_ROWS:
        return table
    return table.iloc[np.linspace(0, len(table) - 1, COMPARED_ROWS).astype(int)]
