"""The kernel's contract, in NumPy: the same answers, more slowly, where no compiler built `_kernel.c`.

A node is two 32-bit integers, `key` and `word`. Thresholds and row values are float32 mapped to uint32 keys
that order as the floats do, so that every comparison is an integer's:

    key < FIRST_SPLIT    a leaf; key is the index of its value among its tree's values
    key >= FIRST_SPLIT   a split; word is left subtree's nodes << shift | column (its top bit: NaN goes left)

The left child is the next node, the right child follows the left subtree. A row goes left where its key is at
most the node's. A leaf's word is -1 << shift and its key is below any row's: its right child is itself.

The shift is one more than the bits a column index needs; the extra bit says that NaN goes left. A batch
without NaN masks it away. A batch with NaN holds every row twice, `1 << (shift - 1)` keys apart, first
with NaN above all thresholds, then with NaN below, and reads the bit as part of the column.
"""

from __future__ import annotations

import numpy as np

from container.forest.types import Doubles, Keys, Longs, Nodes

FIRST_SPLIT = 0x007F_FFFF
"""The key of -inf. The keys below it would be NaNs': they are the leaves'."""

OVERFLOW = float(np.finfo(np.float32).max) + 2.0**103
"""The first float64 that float32 rounds to infinity: half a unit above its largest."""

HAS_NAN = 1
HAS_INFINITY = 2

_WALKERS = 1 << 16
"""Paths walked at once: enough to drown NumPy's overhead, few enough for the cache."""
_HOPS = 4


def encode(values: Doubles, keys: Keys) -> int:
    """Write the keys of the values rounded to float32. Returns HAS_NAN | HAS_INFINITY, as they occur.

    NaN's key is the highest; what overflows is infinity.
    """
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    # -0.0 becomes 0.0: they compare equal, so must their keys.
    bits = (single + np.float32(0)).view(np.uint32)
    sign = (bits.view(np.int32) >> 31).view(np.uint32)
    np.bitwise_xor(bits, sign | np.uint32(0x8000_0000), out=keys)
    nan = np.isnan(single)
    keys[nan] = 0xFFFF_FFFF
    return HAS_NAN * bool(nan.any()) | HAS_INFINITY * bool(np.isinf(single).any())


def add(
    nodes: Nodes,
    tree_starts: Longs,
    value_starts: Longs,
    values: Doubles,
    keys: Keys,
    mask: int,
    shift: int,
    out: Doubles,
) -> None:
    """Add every tree's leaf value for every row to `out`, in the order of the trees.

    `values` is (n_values, width), `keys` (n_rows, columns), `out` (n_rows, width); all C-contiguous. Tree t's
    nodes are `tree_starts[t]:tree_starts[t + 1]`, and its values begin at `value_starts[t]`. `mask`
    finds a word's column.
    """
    n_rows, n_trees = len(out), len(value_starts)
    group = max(1, _WALKERS // max(1, n_rows))
    for first in range(0, n_trees, group):
        roots = tree_starts[first : min(first + group, n_trees)]
        arrived = _walk(nodes, np.repeat(roots, n_rows), np.tile(np.arange(n_rows), len(roots)), keys, mask, shift)
        leaf_keys = nodes["key"][arrived].reshape(len(roots), n_rows)
        for tree, leaf in enumerate(leaf_keys, start=first):
            out += values[value_starts[tree] + leaf]


def leaves(nodes: Nodes, keys: Keys, mask: int, shift: int, out: Keys) -> None:
    """Write which node of the first tree each row arrives at; rows near each other there are alike."""
    n_rows = len(out)
    out[:] = _walk(nodes, np.zeros(n_rows, np.int64), np.arange(n_rows), keys, mask, shift)


def _walk(nodes: Nodes, at: Longs, row: Longs, keys: Keys, mask: int, shift: int) -> Longs:
    """Walk row[i] from node at[i] to its leaf; the leaves' indices."""
    key, word = nodes["key"], nodes["word"]
    walking = np.arange(len(at))
    while len(walking):
        here, rows = at[walking], row[walking]
        for _ in range(_HOPS):
            here_word = word[here]
            right = key[here] < keys[rows, here_word & mask]
            here += 1 + np.where(right, here_word >> shift, 0)
        at[walking] = here
        walking = walking[key[here] >= FIRST_SPLIT]
    return at


def check(nodes: Nodes, tree_starts: Longs, value_starts: Longs, n_values: int, n_columns: int, shift: int) -> int:
    """Find the first tree that could lead a walk astray; -1 where there is none.

    Sound means that every split's children lie ahead of it and inside its tree, and that every column and
    value exists. Then each step from a split goes forward, so every walk ends.
    """
    columns = (1 << (shift - 1)) - 1
    for tree, value_start in enumerate(value_starts):
        inside = nodes[tree_starts[tree] : tree_starts[tree + 1]]
        key, word = inside["key"], inside["word"]
        left_size = word >> shift
        ahead = np.arange(len(inside) - 1, -1, -1)
        leaf = (word == -1 << shift) & (key < n_values - value_start)
        split = (left_size >= 1) & (left_size < ahead) & (word & columns < n_columns)
        if not np.where(key < FIRST_SPLIT, leaf, split).all():
            return tree
    return -1
