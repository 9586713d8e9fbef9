"""A split's threshold in the column's own units: exactly the values that go left, whatever was done to them before.

Scaling rounds, so turning it round on paper may be off by a digit. It is monotone though: the largest number that goes
left is found by halving all the numbers there are, with the very arithmetic that answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from container.forest.columns import Arithmetic, Block, Branches, Clip, Fill, Refuse, Step, Take

_LARGEST = int(np.array(np.finfo(np.float64).max).view(np.int64))


class Arithmetics(NamedTuple):
    """What is done to one column on its way to the trees: single-column steps, in their order."""

    origin: int
    """The caller's column."""
    steps: tuple[Arithmetic | Clip | Fill, ...] = ()

    @property
    def scaled(self) -> bool:
        """Whether the trees see other numbers than the caller sent."""
        return any(not isinstance(step, Fill) for step in self.steps)

    def apply(self, value: float) -> float:
        """What the trees see of a value."""
        for step in self.steps:
            value = _apply(step, value)
        return value

    def filled(self, value: float) -> float | None:
        """What stands in for a missing value, in the column's units; None where it isn't one, or has none there."""
        for step in self.steps:
            if not isinstance(step, Fill):
                return None
            filling = _apply(step, value)
            if filling != value and not np.isnan(filling):
                return filling
        return None

    def threshold(self, compared: np.float32) -> float | None:
        """The largest value of the caller's that goes left of `compared`; None where no number parts them."""
        if not self.scaled:
            return float(compared)
        scaling = Arithmetics(self.origin, tuple(step for step in self.steps if not isinstance(step, Fill)))
        if not all(_rises(step) for step in scaling.steps):
            return None
        low, high = -_LARGEST, _LARGEST  # in the order of the numbers; low goes left, high doesn't
        if not scaling.goes_left(low, compared) or scaling.goes_left(high, compared):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if scaling.goes_left(middle, compared):
                low = middle
            else:
                high = middle
        return _number(low)

    def goes_left(self, rank: int, compared: np.float32) -> bool:
        """Whether the number at `rank` does."""
        with np.errstate(over="ignore"):
            return bool(np.float32(self.apply(_number(rank))) <= compared)


def _number(rank: int) -> float:
    """The number at a place in the order of all numbers; 0.0 is at 0."""
    size = float(np.array(abs(rank), np.int64).view(np.float64))
    return size if rank >= 0 else -size


def _apply(step: Arithmetic | Clip | Fill, value: float) -> float:
    return float(step.apply(Block(np.array([[value]]), np.zeros(1, np.int64))).values[0, 0])


def _rises(step: Arithmetic | Clip | Fill) -> bool:
    """Whether more before is never less after."""
    return not isinstance(step, Arithmetic) or step.operation in ("add", "subtract") or step.operands[0] > 0


def of_columns(steps: Sequence[Step], n_features: int) -> list[Arithmetics]:
    """What is done to each of the columns that the trees see."""
    return _follow(steps, [Arithmetics(column) for column in range(n_features)])


def _follow(steps: Sequence[Step], columns: list[Arithmetics]) -> list[Arithmetics]:
    for step in steps:
        match step:
            case Refuse():
                continue
            case Take(taken):
                columns = [columns[column] for column in taken]
            case Branches(branches):
                columns = [column for branch in branches for column in _follow(branch, columns)]
            case Clip():
                columns = [_then(column, step) for column in columns]
            case Arithmetic(operation, operands):
                each = zip(columns, operands, strict=True)
                columns = [_then(column, Arithmetic(operation, (operand,))) for column, operand in each]
            case Fill(missing, fillings):
                each = zip(columns, fillings, strict=True)
                columns = [_then(column, Fill(missing, (filling,))) for column, filling in each]
    return columns


def _then(column: Arithmetics, step: Arithmetic | Clip | Fill) -> Arithmetics:
    return Arithmetics(column.origin, (*column.steps, step))
