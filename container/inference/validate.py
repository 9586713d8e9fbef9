"""From a table as it came to rows as the model takes them: columns in order, every value what its column holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from container.artifact.manifest import DType, Schema
from container.codecs import csv, json
from container.codecs.rows import Array, Matrix, Table
from container.errors import BadValue, ColumnMismatch, EmptyBody

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def arrange(table: Table, schema: Schema) -> Array:
    """Rows in the model's order: float64 (n, features) where all columns are numeric, else object.

    Raises ColumnMismatch, EmptyBody and BadValue, which say where.
    """
    order = _order(table.names, schema)
    if not len(table.cells):
        raise EmptyBody("There are column names and no rows after them.", "Send at least one row of values.")
    if isinstance(table.cells, np.ndarray):
        _check_width(table.cells.shape[1], "Each row", schema, table.names)
        cells = table.cells if order is None else np.ascontiguousarray(table.cells[:, order])
        if schema.numeric:
            return cells
        rows = cells.tolist()
    else:
        for index, row in enumerate(table.cells):
            _check_width(len(row), f"Row {index + 1}", schema, table.names)
        rows = table.cells if order is None else [[row[place] for place in order] for row in table.cells]
    return _convert(rows, schema, table.untyped)


def _order(names: tuple[str, ...] | None, schema: Schema) -> list[int] | None:
    """Where each of the model's columns stands in the table; None when they stand in order."""
    if names is None or names == schema.names:
        return None
    if not schema.named:  # names can't be matched, only counted
        _check_width(len(names), "The header", schema, None)
        return None
    if sorted(names) != sorted(schema.names):
        raise json.mismatch("The header" if len(names) else "The table", names, schema)
    return [names.index(name) for name in schema.names]


def _check_width(width: int, what: str, schema: Schema, names: tuple[str, ...] | None) -> None:
    expected = len(schema.features)
    if width == expected:
        return
    if names is not None:
        raise ColumnMismatch(f"{what} has {width:,} values; the header names {len(names):,} columns.")
    listing = ", ".join(schema.names[:12]) + (" …" if expected > 12 else "") if schema.named else ""
    raise ColumnMismatch(
        f"{what} has {width:,} column{'s' * (width != 1)}; this model takes {expected:,}.",
        f"Send, in this order: {listing}." if listing else "Send the columns the model was fitted with, in order.",
    )


def _convert(rows: list[list[Any]], schema: Schema, untyped: bool) -> Array:
    out: Array = np.empty((len(rows), len(schema.features)), dtype=np.float64 if schema.numeric else object)
    converters = [_CONVERTERS[feature.dtype] for feature in schema.features]
    for index, row in enumerate(rows):
        for column, (convert, cell) in enumerate(zip(converters, row, strict=True)):
            try:
                out[index, column] = convert(cell, untyped)
            except (ValueError, OverflowError) as error:
                raise BadValue(f"Row {index + 1}, {schema.column(column)}: {error}") from None
    return out


def _number(cell: Any, untyped: bool) -> float:
    if untyped:
        try:
            return csv.number(cell)
        except ValueError:
            raise ValueError(f"{_shown(cell)} is not a number.") from None
    if cell is None:
        return math.nan
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise ValueError(f"{_shown(cell)} came where a number is expected.")
    try:
        return float(cell)
    except OverflowError:
        raise ValueError("the number is too large for float64.") from None


def _boolean(cell: Any, untyped: bool) -> bool | float:
    if cell is None or (untyped and cell.strip().lower() in csv.MISSING) or cell != cell:
        return math.nan
    text = cell.strip().lower() if untyped else str(cell).lower().removesuffix(".0")
    if text not in _BOOLEANS or (isinstance(cell, str) and not untyped):
        raise ValueError(f"{_shown(cell)} came where true or false is expected.")
    return _BOOLEANS[text]


def _text(cell: Any, untyped: bool) -> str | float:
    if cell is None or (untyped and cell == ""):
        return math.nan
    if not isinstance(cell, str):
        raise ValueError(f"{_shown(cell)} came where a text is expected.")
    return cell


_CONVERTERS: dict[DType, Callable[[Any, bool], Any]] = {
    "float64": _number,
    "int64": _number,
    "bool": _boolean,
    "string": _text,
}


def _shown(cell: Any) -> str:
    if not isinstance(cell, str):
        return json.kind(cell)
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")


def not_finite(rows: Matrix) -> tuple[int, int] | None:
    """Row and column (0-based) of the first infinity, NaN or value too large for float32; None without one."""
    with np.errstate(over="ignore", invalid="ignore"):
        bad = ~np.isfinite(rows.astype(np.float32))
    if not bad.any():
        return None
    row, column = divmod(int(bad.argmax()), rows.shape[1])
    return row, column
