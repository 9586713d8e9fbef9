"""Between a script's data and our rows: what input_fn returned, as our models take it; bodies without a schema."""

from __future__ import annotations

from typing import Any

import numpy as np

from container import contract
from container.artifact.manifest import Feature, Schema
from container.codecs import csv, json, npy
from container.codecs.rows import Array, Table
from container.errors import ScriptFailed, UnsupportedMediaType
from container.inference.validate import arrange


def rows_of(data: Any, schema: Schema) -> Array:
    """Rows (n, features) in the model's order from a DataFrame, an array, lists, or objects by column name.

    Raises ScriptFailed for anything else, and what `arrange` raises.
    """
    return arrange(_table(data, schema), schema)


def _table(data: Any, schema: Schema) -> Table:
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):
        names = tuple(str(name) for name in data.columns)
        numbered = names == tuple(map(str, range(len(names)))) and not set(names) & set(schema.names)
        return Table(_cells(data.to_numpy(), schema), None if numbered else names)
    if hasattr(data, "index") and hasattr(data, "to_numpy"):  # a Series: one row
        return Table(_cells(data.to_numpy()[np.newaxis, :], schema), tuple(str(name) for name in data.index))
    if hasattr(data, "toarray"):  # sparse
        data = data.toarray()
    if isinstance(data, list | tuple) and schema.numeric and (numbers := _as_numbers(data)) is not None:
        data = numbers
    if isinstance(data, np.ndarray):
        if data.ndim == 1:
            data = data.reshape((-1, 1) if len(schema.features) == 1 else (1, -1))
        if data.ndim == 2:
            return Table(_cells(data, schema))
    elif isinstance(data, list | tuple | dict):
        rows = [list(row) if isinstance(row, tuple | np.ndarray) else row for row in _listed(data)]
        return json.rows_table(rows, schema)
    raise ScriptFailed(
        f"The script's input_fn returned {_called(data)}; the model takes rows of {len(schema.features)} columns.",
        "Return a NumPy array or a DataFrame of shape (rows, columns), or write a predict_fn.",
    )


def _listed(data: Any) -> list[Any]:
    return [data] if isinstance(data, dict) else list(data)


def _called(data: Any) -> str:
    return f"an array of shape {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__


def _as_numbers(data: Any) -> Array | None:
    """Cells as float64, also where they are texts of numbers, as scikit-learn takes them; None where any is none."""
    try:
        return np.ascontiguousarray(data, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _cells(array: Array, schema: Schema) -> Any:
    """Numbers as one matrix; other cells as they are, None for what is missing."""
    numbers = _as_numbers(array) if array.dtype.kind in "biuf" or schema.numeric else None
    if numbers is not None:
        return numbers
    return [[None if cell != cell else _plain(cell) for cell in row] for row in array.tolist()]


def _plain(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else cell


_ANY = Schema((Feature(""),))


def read_freely(body: bytes, media_type: str) -> tuple[Any, str]:
    """What the body holds, where the model doesn't say what it takes, and the envelope that its answer goes into.

    A float64 array of rows where all are numbers (one list of them is one row), a DataFrame under a header, else lists
    or objects as they came.
    """
    if media_type != contract.JSON:
        return _rows_in(body, media_type), ""
    document = json.parse(body)
    if isinstance(document, dict) and len(document) == 1 and (key := next(iter(document))) in json.ENVELOPES:
        return _array_or(document[key]), json.ENVELOPES[key]
    return _array_or(document), ""


def _rows_in(body: bytes, media_type: str) -> Any:
    if media_type == contract.JSONLINES:
        return _array_or([json.parse(line) for line in body.splitlines() if line.strip()])
    if media_type == contract.NPY:
        return npy.decode(body, _ANY).cells
    if media_type != contract.CSV:
        raise UnsupportedMediaType(
            f"{media_type} is only read for a model that names its columns.", "Write an input_fn."
        )
    table = csv.decode(body, _ANY)
    cells = _numbers(table.cells)
    if table.names is None:
        return cells
    import pandas as pd

    return pd.DataFrame(cells, columns=list(table.names))


def _array_or(document: Any) -> Any:
    if not isinstance(document, list):
        return document
    try:
        array = np.array(document)
    except ValueError:
        return document
    if array.dtype.kind not in "biuf":
        return document
    return array.astype(np.float64).reshape(1, -1) if array.ndim == 1 else array.astype(np.float64)


def _numbers(cells: Any) -> Any:
    if isinstance(cells, np.ndarray):
        return cells
    try:
        return np.array([[csv.number(cell) for cell in row] for row in cells])
    except ValueError:
        return cells
