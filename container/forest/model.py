"""A forest that answers: `predict` and `predict_proba` as the scikit-learn estimator's, bit for bit."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np

from container.forest import kernel as kernels
from container.forest.columns import Block, RowsRejected, apply, origins, rejection
from container.forest.layout import Forest, column_bits
from container.forest.numpy_kernel import HAS_INFINITY, OVERFLOW
from container.forest.types import Array, Doubles, Keys

__all__ = ["ForestModel", "RowsRejected"]

SORT_FROM_ROWS = 512
"""From so many rows on they are walked in the first tree's order, so that neighbours share paths."""
SORT_FROM_TREES = 16
"""With fewer trees, finding that order costs more than it saves."""
ROWS_PER_THREAD = 1024
"""Fewer aren't worth a thread."""

_BELOW_ALL = np.uint32(kernels.FIRST_SPLIT)
"""A key that goes left at every split: NaN's, where the split says so."""


def _as_doubles(rows: Array) -> Doubles:
    """The rows C-contiguous in float64, rounded once on their way to float32 as scikit-learn does."""
    if rows.dtype != np.float64:
        with np.errstate(over="ignore"):
            rows = rows.astype(np.float32)
    return np.ascontiguousarray(rows, dtype=np.float64)


class ForestModel:
    """The forest behind a kernel. Safe to call from several threads; holds no thread or file of its own.

    Rows are (n, n_features), of any real dtype. float64 is what scikit-learn makes of tables and lists; where
    steps come before the trees, other dtypes become float64 first.
    """

    kernel: kernels.Name
    forest: Forest
    shift: int
    """What moves a word's left subtree to its bottom; one more than a column's bits."""
    kernel_note: str
    """Why it is NumPy that walks the trees, for the start-up log; empty where it isn't, or was asked for."""

    def __init__(self, forest: Forest, threads: int = 1, kernel: kernels.Name | None = None) -> None:
        self.kernel = kernel or kernels.BEST
        self.kernel_note = "" if kernel else kernels.NOTE
        self.forest = forest
        self.n_features = forest.n_features
        self.n_outputs = forest.n_outputs
        self.classes = forest.classes
        self._threads = max(1, threads)
        self._kernel = kernels.kernel(self.kernel)
        self._origins = origins(forest.steps, forest.n_features)
        self.shift = column_bits(len(self._origins)) + 1

    def predict(self, rows: Array) -> Array:
        """What the estimator's `predict` returns: its dtype, its shape, its bits.

        RowsRejected where scikit-learn would refuse a row; ValueError where `rows` isn't (n, n_features).
        """
        outputs = self._outputs(rows)
        if self.classes is None:
            return outputs[:, 0] if self.n_outputs == 1 else outputs
        labels: list[Array] = [
            classes.take(np.argmax(probabilities, axis=1))
            for classes, probabilities in zip(self.classes, self._split(outputs, self.classes), strict=True)
        ]
        if self.n_outputs == 1:
            return labels[0]
        predictions: Array = np.empty((len(rows), self.n_outputs), dtype=self.classes[0].dtype)
        for output, column in enumerate(labels):
            predictions[:, output] = column
        return predictions

    def predict_proba(self, rows: Array) -> Doubles | list[Doubles]:
        """What a classifier's `predict_proba` returns: (n, n_classes), or a list of them for several outputs.

        RowsRejected and ValueError as in `predict`; TypeError for a regressor.
        """
        if self.classes is None:
            raise TypeError(f"a {self.forest.estimator} has no probabilities")
        probabilities = self._split(self._outputs(rows), self.classes)
        return probabilities[0] if self.n_outputs == 1 else probabilities

    @staticmethod
    def _split(outputs: Doubles, classes: tuple[Array, ...]) -> list[Doubles]:
        """Each output's columns."""
        if len(classes) == 1:
            return [outputs]
        ends = np.cumsum([len(labels) for labels in classes])
        return np.split(outputs, ends[:-1], axis=1)

    def _outputs(self, rows: Array) -> Doubles:
        """The trees' mean for each row: (n, width)."""
        keys, mask = self.keys(rows)
        if len(keys) < SORT_FROM_ROWS or self.forest.n_trees < SORT_FROM_TREES:
            sums = self._sum(keys, mask)
        else:
            sums = self._sum_sorted(keys, mask)
        if self.forest.averaged:
            sums /= self.forest.n_trees
        return sums

    def keys(self, rows: Array) -> tuple[Keys, int]:
        """What the trees compare of each row (numpy_kernel says how), and the mask that finds a column in a word.

        RowsRejected and ValueError as in `predict`.
        """
        if rows.ndim != 2 or rows.shape[1] != self.n_features:
            raise ValueError(f"rows are {rows.shape} instead of (n, {self.n_features})")
        if self.forest.steps:
            rows = self._prepare(rows)
        return self._encode(rows)

    def _prepare(self, rows: Array) -> Doubles:
        block = Block(rows.astype(np.float64), np.arange(self.n_features))
        return apply(self.forest.steps, block).values

    def _encode(self, rows: Array) -> tuple[Keys, int]:
        """The rows as the kernel's keys, and the mask that finds a column in a word."""
        values = _as_doubles(rows)
        keys: Keys = np.empty(values.shape, dtype=np.uint32)
        columns = 1 << (self.shift - 1)
        if not (found := self._kernel.encode(values, keys)):
            return keys, columns - 1
        if found & HAS_INFINITY:
            reason = "infinity, or a value too large for float32, isn't accepted"
            raise rejection(np.abs(values) >= OVERFLOW, self._origins, reason)
        if not self.forest.takes_nan:
            raise rejection(np.isnan(values), self._origins, "a missing value (NaN) isn't accepted")
        twice = np.empty((len(keys), columns + keys.shape[1]), dtype=np.uint32)
        twice[:, : keys.shape[1]] = keys
        twice[:, columns:] = np.where(np.isnan(values), _BELOW_ALL, keys)
        return twice, 2 * columns - 1

    def _sum_sorted(self, keys: Keys, mask: int) -> Doubles:
        leaf = np.empty(len(keys), dtype=np.uint32)
        self._kernel.leaves(self.forest.nodes, keys, mask, self.shift, leaf)
        order = np.argsort(leaf)
        sums = self._sum(keys[order], mask)
        unsorted = np.empty_like(sums)
        unsorted[order] = sums
        return unsorted

    def _sum(self, keys: Keys, mask: int) -> Doubles:
        """Every row's leaves summed in the order of the trees: (n, width)."""
        sums = np.zeros((len(keys), self.forest.values.shape[1]))
        if not self.forest.averaged:
            # Summed from 0.0, a leaf's -0.0 becomes 0.0, as in forests; from -0.0 it stays.
            sums.fill(-0.0)
        parts = min(self._threads, len(keys) // ROWS_PER_THREAD)
        if parts < 2:
            self._add(keys, mask, sums)
            return sums
        bounds = [len(keys) * part // parts for part in range(parts + 1)]
        ranges = [slice(start, end) for start, end in pairwise(bounds)]
        others = [threading.Thread(target=self._add, args=(keys[part], mask, sums[part])) for part in ranges[1:]]
        # Started here and joined here: a pool would save 0.1 ms of a batch's many, and not survive a fork.
        for thread in others:
            thread.start()
        self._add(keys[ranges[0]], mask, sums[ranges[0]])
        for thread in others:
            thread.join()
        return sums

    def _add(self, keys: Keys, mask: int, sums: Doubles) -> None:
        forest = self.forest
        self._kernel.add(
            forest.nodes,
            forest.tree_starts,
            forest.value_starts,
            forest.values,
            keys,
            mask,
            self.shift,
            sums,
        )
