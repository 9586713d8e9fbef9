"""The arithmetic on columns that comes before the trees: what a Pipeline's scalers and imputers do, declared.

A short list of steps, each the very NumPy operation scikit-learn runs, in its order and in float64, so that
every bit is the same. A step is data: it is read from JSON, and nothing is ever executed but what is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from container.forest.types import Doubles, Longs

MAX_COLUMNS = 1 << 20
"""A block never grows wider: branches in branches could otherwise ask for any amount of memory."""


class RowsRejected(ValueError):
    """A row scikit-learn itself would refuse; `row` and `column` are the caller's, from 0."""

    def __init__(self, row: int, column: int, reason: str) -> None:
        super().__init__(f"row {row}, column {column}: {reason}")
        self.row = row
        self.column = column
        self.reason = reason


class Block(NamedTuple):
    """Columns on their way to the trees."""

    values: Doubles
    """(n_rows, n_columns); a step may overwrite it."""
    origins: Longs
    """(n_columns,): the caller's column that each one was."""


def rejection(refused: NDArray[np.bool_], origins: Longs, reason: str) -> RowsRejected:
    """The rejection of the first cell that is True; `origins` are the caller's columns behind its columns."""
    row, column = np.unravel_index(int(refused.argmax()), refused.shape)
    return RowsRejected(int(row), int(origins[column]), reason)


class Refuse(NamedTuple):
    """Infinity is refused, and NaN too where `nan` says so: what scikit-learn's check_array does."""

    nan: bool

    def apply(self, block: Block) -> Block:
        """The block as it is, or RowsRejected."""
        if not np.isfinite(block.values).all():
            infinite = np.isinf(block.values)
            if infinite.any():
                raise rejection(infinite, block.origins, "infinity isn't accepted")
            if self.nan:
                raise rejection(np.isnan(block.values), block.origins, "a missing value (NaN) isn't accepted")
        return block


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
}


class Arithmetic(NamedTuple):
    """Every column with its own operand."""

    operation: str
    operands: tuple[float, ...]

    def apply(self, block: Block) -> Block:
        """The block, overwritten; overflow to infinity is for a later step to judge."""
        _expect(block, self.operands)
        with np.errstate(all="ignore"):
            _ARITHMETIC[self.operation](block.values, np.array(self.operands), out=block.values)
        return block


class Clip(NamedTuple):
    """Every value into [low, high]; NaN stays."""

    low: float
    high: float

    def apply(self, block: Block) -> Block:
        """The block, overwritten."""
        np.clip(block.values, self.low, self.high, out=block.values)
        return block


class Fill(NamedTuple):
    """Every value that is `missing` (None: NaN) becomes its column's filling."""

    missing: float | None
    fillings: tuple[float, ...]

    def apply(self, block: Block) -> Block:
        """The block, overwritten."""
        _expect(block, self.fillings)
        values = block.values
        np.copyto(
            values,
            np.array(self.fillings),
            where=np.isnan(values) if self.missing is None else values == self.missing,
        )
        return block


class Take(NamedTuple):
    """These columns, in this order."""

    columns: tuple[int, ...]

    def apply(self, block: Block) -> Block:
        """A new block; IndexError where a column doesn't exist."""
        columns = np.array(self.columns, dtype=np.int64)
        return Block(block.values[:, columns], block.origins[columns])


class Branches(NamedTuple):
    """Each branch's steps side by side: a ColumnTransformer. A branch begins with a Take, which copies."""

    branches: tuple[tuple[Step, ...], ...]

    def apply(self, block: Block) -> Block:
        """A new block."""
        blocks = [apply(steps, block) for steps in self.branches]
        if sum(len(each.origins) for each in blocks) > MAX_COLUMNS:
            raise ValueError("too many columns")
        return Block(np.hstack([each.values for each in blocks]), np.hstack([each.origins for each in blocks]))


Step: TypeAlias = Refuse | Arithmetic | Clip | Fill | Take | Branches


def _expect(block: Block, operands: Sequence[float]) -> None:
    if len(operands) != len(block.origins):
        raise ValueError(f"{len(operands)} operands for {len(block.origins)} columns")


def apply(steps: Sequence[Step], block: Block) -> Block:
    """Run the steps. RowsRejected where scikit-learn would refuse a row; the block may be overwritten."""
    for step in steps:
        block = step.apply(block)
    return block


def origins(steps: Sequence[Step], n_features: int) -> Longs:
    """The caller's column behind each column the trees see; ValueError where the steps don't fit."""
    nothing = Block(np.empty((0, n_features)), np.arange(n_features))
    try:
        return apply(steps, nothing).origins
    except IndexError as error:
        raise ValueError(str(error)) from None


# As JSON --------------------------------------------------------------------------------------------------


def to_json(step: Step) -> dict[str, Any]:
    """The step as plain lists and numbers."""
    match step:
        case Refuse(nan):
            return {"step": "refuse", "nan": nan}
        case Arithmetic(operation, operands):
            return {"step": operation, "operands": list(operands)}
        case Clip(low, high):
            return {"step": "clip", "low": low, "high": high}
        case Fill(missing, fillings):
            return {"step": "fill", "missing": missing, "fillings": list(fillings)}
        case Take(columns):
            return {"step": "take", "columns": list(columns)}
        case Branches(branches):
            return {
                "step": "branches",
                "branches": [[to_json(each) for each in branch] for branch in branches],
            }


def from_json(data: Any) -> Step:
    """The step that `to_json` wrote; ValueError, TypeError or KeyError on anything else."""
    match data["step"]:
        case "refuse":
            return Refuse(nan=data["nan"] is True)
        case "add" | "subtract" | "multiply" | "divide" as operation:
            return Arithmetic(operation, _numbers(data["operands"]))
        case "clip":
            low, high = _numbers([data["low"], data["high"]])
            return Clip(low, high)
        case "fill":
            missing = None if data["missing"] is None else _numbers([data["missing"]])[0]
            return Fill(missing, _numbers(data["fillings"]))
        case "take":
            return Take(tuple(_index(column) for column in data["columns"]))
        case "branches":
            return Branches(tuple(tuple(from_json(each) for each in branch) for branch in data["branches"]))
    raise ValueError(f"no step is called {data['step']!r:.40}")


def _numbers(values: Any) -> tuple[float, ...]:
    if not all(type(value) in (int, float) for value in values):
        raise ValueError("an operand isn't a number")
    return tuple(float(value) for value in values)


def _index(value: Any) -> int:
    if type(value) is not int or not 0 <= value < MAX_COLUMNS:
        raise ValueError("a column isn't an index")
    return value
