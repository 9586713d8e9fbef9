"""text/csv, with or without a header row.

A body of plain numbers takes the short way: commas and newlines are JSON's with other brackets, and orjson reads
numbers faster than anything else at hand and rounds them as Python does. Whatever JSON's grammar refuses (quotes,
empty cells, `nan`, blank lines, text) takes the careful way through Python's csv module, which can say where.
"""

from __future__ import annotations

import csv
import io
import math
from typing import Any, Final

import numpy as np
import orjson

from container.artifact.manifest import Schema
from container.codecs.rows import Answer, Array, Table, numeric_matrix
from container.errors import EmptyBody, MalformedBody

MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none"})
_NUMBERS: Final = frozenset({float, int})
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def number(text: str) -> float:
    """The number a cell holds, NaN for one of the usual marks of a missing value; raises ValueError."""
    text = text.strip()
    if text.lower() in MISSING:
        return math.nan
    if "_" in text or not text.isascii():  # Python takes 1_000 and ١٢; CSV doesn't
        raise ValueError(text)
    return float(text)


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def decode(body: bytes, schema: Schema, header: bool | None = None) -> Table:
    """Read rows; `header` is what the Content-Type says of it, None to tell by the first row.

    Raises EmptyBody and MalformedBody.
    """
    body = body.removeprefix(BYTE_ORDER_MARK)
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if schema.numeric and (table := _decode_numbers(body, schema, header)):
        return table
    return _decode_carefully(body, schema, header)


def _decode_numbers(body: bytes, schema: Schema, header: bool | None) -> Table | None:
    first, _, rest = body.partition(b"\n")
    names = None
    if header or (header is None and not _is_surely_data(first, schema)):
        try:
            cells = next(csv.reader([first.decode()]))
        except (UnicodeDecodeError, csv.Error, StopIteration):
            return None
        if not (header or _is_header(cells, schema)):
            return None
        names, body = _names(cells), rest
    body = body.rstrip(b"\n")
    if not body or b"[" in body or b"]" in body:
        return None
    try:
        rows = orjson.loads(b"[[" + body.replace(b"\n", b"],[") + b"]]")
    except orjson.JSONDecodeError:
        return None
    matrix = numeric_matrix(rows, _NUMBERS)
    return None if matrix is None else Table(matrix, names)


def _is_surely_data(line: bytes, schema: Schema) -> bool:
    """A cheap look at the first cell: it starts like a number and isn't the name of a column ("0", "1", …)."""
    cell = line.partition(b",")[0]
    return cell[:1].isdigit() | cell.startswith(b"-") and cell.decode(errors="replace") not in schema.names


def _decode_carefully(body: bytes, schema: Schema, header: bool | None) -> Table:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(
            f"The CSV is not UTF-8: byte {error.start + 1} ({body[error.start]:#04x}) fits no character.",
            "Send it as UTF-8, or name its encoding: Content-Type: text/csv; charset=iso-8859-1.",
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [row for row in reader if row and row != [""]]
    except csv.Error as error:
        raise MalformedBody(f"The CSV breaks off at line {reader.line_num}: {error}.") from None
    if not rows:
        raise EmptyBody("The CSV has no rows.", "Send one line per row, values separated by commas.")
    names = None
    if _is_header(rows[0], schema) if header is None else header:
        names = _names(rows.pop(0))
    return Table(list(rows), names, untyped=True)


def _names(cells: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in cells)


def _is_header(cells: list[str], schema: Schema) -> bool:
    """A first row is a header if it is the model's names, or holds text in every column that should hold numbers."""
    if schema.named and set(_names(cells)) == set(schema.names):
        return True
    dtypes = [feature.dtype for feature in schema.features]
    if len(cells) == len(dtypes):
        cells = [cell for cell, dtype in zip(cells, dtypes, strict=True) if dtype in ("float64", "int64")]
    return bool(cells) and not any(map(_is_number, cells))


def encode(answer: Answer) -> bytes:
    """One line a row, outputs or keys separated by commas; lists within a cell are JSON."""
    if not answer.keys:
        array = answer.array
        if array.dtype == np.float64 and np.isfinite(array).all():
            return _encode_numbers(array)
        rows = plain_rows(array)
    else:
        rows = [[_cell(value) for value in row] for row in zip(*answer.columns, strict=True)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _encode_numbers(array: Array) -> bytes:
    text = orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY)
    if array.ndim == 1:
        return text[1:-1].replace(b",", b"\n") + b"\n"
    return text[2:-2].replace(b"],[", b"\n") + b"\n"


def plain_rows(array: Array) -> list[list[Any]]:
    """A list of rows from an answer of shape (n,) or (n, outputs)."""
    rows: list[list[Any]] = (array[:, np.newaxis] if array.ndim == 1 else array).tolist()
    return rows


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list) else value
