"""What codecs read into and write from: a table of cells as it came, and an answer as the model gave it."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Array = npt.NDArray[Any]


class Table(NamedTuple):
    """Rows as they came, before anything is known to fit the model.

    `cells` is a float64 matrix (rows, columns) where every value was a number, else a list of rows. `names` are the
    columns' names where the body gave them. `untyped` says that text may stand for a number (CSV). `envelope` is the
    key that wrapped the rows in JSON and so decides the key of the answer.
    """

    cells: Matrix | list[list[Any]]
    names: tuple[str, ...] | None = None
    untyped: bool = False
    envelope: str = ""


class Answer(NamedTuple):
    """What is sent back for n rows.

    Without `keys`, `columns` is one array of shape (n,) or (n, outputs). With `keys` (what
    SAGEMAKER_INFERENCE_OUTPUT asked for), it holds one list of n values for each of them.
    """

    columns: tuple[Any, ...]
    keys: tuple[str, ...] = ()
    envelope: str = ""

    @property
    def array(self) -> Array:
        """The one array of an answer without keys."""
        return np.asarray(self.columns[0])

    def values(self) -> list[Any]:
        """One JSON-ready value a row: a number, a label, a list of outputs, or an object by key."""
        if not self.keys:
            return plain(self.array)
        return [dict(zip(self.keys, row, strict=True)) for row in zip(*self.columns, strict=True)]


def plain(array: Array) -> list[Any]:
    """An array as Python's own lists and numbers."""
    values: list[Any] = array.tolist()
    return values


def numeric_matrix(rows: list[Any], allowed: frozenset[type] = frozenset({float, int, type(None)})) -> Matrix | None:
    """Rows of plain numbers (None for a missing one) as a matrix; None if anything that isn't `allowed` is in them or
    they differ in length, so that a slower reader can say where."""
    try:
        widths = set(map(len, rows))
        flat = list(chain.from_iterable(rows))
        if len(widths) != 1 or not allowed.issuperset(map(type, flat)):
            return None
        return np.array(flat, dtype=np.float64).reshape(len(rows), widths.pop())
    except (TypeError, OverflowError):
        return None
