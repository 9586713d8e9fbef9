"""One row's way through one tree, for people to see: read from the same mapped nodes that answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from container.forest.model import ForestModel
from container.forest.numpy_kernel import FIRST_SPLIT
from container.forest.types import Array
from container.forest.units import Arithmetics, of_columns

_NAN_KEY = 0xFFFF_FFFF
_SIGN = np.uint32(0x8000_0000)


class Split(NamedTuple):
    """One split on the way. It asks whether the value is at most the threshold; yes goes left."""

    node: int
    """Its place in the tree, depth first, left child first: scikit-learn's own number in trees grown depth first."""
    column: int
    """The caller's column, from 0."""
    value: float
    """What is compared, NaN for a missing value: in the column's units, or as the trees see it where `scaled`."""
    threshold: float
    """Infinity where it parts missing values from all others."""
    scaled: bool
    """Whether the steps before the trees changed the column in a way that can't be turned back exactly."""
    filled: bool
    """Whether the value stands in for a missing one."""
    left: bool
    beside: int
    """Nodes in the subtree that isn't taken."""


class Path(NamedTuple):
    """From the root to a leaf."""

    splits: tuple[Split, ...]
    leaf: int
    """The leaf's place in the tree."""
    values: tuple[tuple[float, ...], ...]
    """What the leaf says: a number for each output, or each output's shares of its classes."""


def path(model: ForestModel, row: Array, tree: int) -> Path:
    """The way of `row` (n_features,) through tree `tree` (from 0).

    RowsRejected and ValueError as in ForestModel.predict; IndexError where there is no such tree.
    """
    forest = model.forest
    if not 0 <= tree < forest.n_trees:
        raise IndexError(f"there is no tree {tree}")
    keys, mask = model.keys(row[np.newaxis])
    columns = of_columns(forest.steps, forest.n_features)
    bits = model.shift - 1
    start, splits = int(forest.tree_starts[tree]), []
    at = start
    while (key := int(forest.nodes["key"][at])) >= FIRST_SPLIT:
        word = int(forest.nodes["word"][at])
        left = int(keys[0, word & mask]) <= key
        left_size, column = word >> model.shift, word & ((1 << bits) - 1)
        beside = _right_size(forest.nodes["word"], at + 1 + left_size, model.shift) if left else left_size
        compared, threshold = _single(int(keys[0, column])), _single(key)
        splits.append(_split(columns[column], row, at - start, compared, threshold, left, beside))
        at += 1 if left else 1 + left_size
    leaf = forest.values[int(forest.value_starts[tree]) + key]
    sizes = [1] * forest.n_outputs if forest.classes is None else [len(labels) for labels in forest.classes]
    parts = np.split(leaf, np.cumsum(sizes)[:-1])
    return Path(tuple(splits), at - start, tuple(tuple(part.tolist()) for part in parts))


def _split(
    column: Arithmetics, row: Array, node: int, compared: np.float32, threshold: np.float32, left: bool, beside: int
) -> Split:
    came = float(row[column.origin])
    filling = column.filled(came)
    filled = filling is not None or bool(np.isnan(came) and not np.isnan(compared))
    if column.scaled:
        value, units = came if filling is None else filling, column.threshold(threshold)
        if units is not None and (value <= units) is left:  # else a later step changed its mind, or it is missing
            return Split(node, column.origin, value, units, False, filled, left, beside)
    return Split(node, column.origin, _short(compared), _short(threshold), column.scaled, filled, left, beside)


def _single(key: int) -> np.float32:
    """The float32 that a key stands for."""
    if key == _NAN_KEY:
        return np.float32(np.nan)
    bits = np.uint32(key)
    return (bits ^ _SIGN if bits & _SIGN else ~bits).view(np.float32)


def _short(number: np.float32) -> float:
    """The shortest decimal that is this float32, so that 8.3252 doesn't read 8.325200080871582."""
    return float(str(number))


def _right_size(words: Array, at: int, shift: int) -> int:
    """Nodes in the subtree at `at`: down its right sides to its last leaf."""
    size, here = 1, at
    while (left_size := int(words[here]) >> shift) >= 0:
        size += left_size + 1
        here += 1 + left_size
    return size
