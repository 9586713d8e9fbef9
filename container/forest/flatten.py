"""From a fitted scikit-learn estimator to flat arrays, at pack time.

This file and flatten_steps.py are all of the package that knows scikit-learn. Only classes known by heart
are compiled: a subclass may have changed any of what is copied here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from container.forest.columns import origins
from container.forest.flatten_steps import NotCompilable, article, flatten_steps, unnest
from container.forest.layout import Forest, column_bits
from container.forest.numpy_kernel import FIRST_SPLIT, encode
from container.forest.types import NODE, Array, Doubles, Longs, Nodes

__all__ = ["NotCompilable", "flatten"]

_TREES = (DecisionTreeRegressor, DecisionTreeClassifier, ExtraTreeRegressor, ExtraTreeClassifier)
_FORESTS = (RandomForestRegressor, RandomForestClassifier, ExtraTreesRegressor, ExtraTreesClassifier)

_LEAF = -1
"""What scikit-learn writes for a leaf's children."""


def flatten(estimator: Any) -> Forest:
    """The compiled form of a fitted estimator; NotCompilable, with the reason, where there is none."""
    *transformers, predictor = list(unnest([estimator])) or [estimator]
    trees = _trees(predictor)
    steps = flatten_steps(transformers)
    n_features = int((transformers or trees)[0].n_features_in_)
    n_columns = len(origins(steps, n_features))
    classes = _classes(predictor)
    packed = _pack([tree.tree_ for tree in trees], classes, n_columns)
    return Forest(
        estimator=type(predictor).__name__,
        averaged=type(predictor) in _FORESTS,
        takes_nan=bool(get_tags(trees[0]).input_tags.allow_nan),
        n_features=n_features,
        n_outputs=int(predictor.n_outputs_),
        classes=classes,
        steps=steps,
        **packed._asdict(),
    )


def _trees(predictor: Any) -> list[Any]:
    """The predictor's trees, in the order in which scikit-learn adds them up."""
    if type(predictor) not in _TREES + _FORESTS:
        raise NotCompilable(f"the model is {article(predictor)}, which isn't compiled")
    try:
        check_is_fitted(predictor)
    except NotFittedError:
        raise NotCompilable(f"the {type(predictor).__name__} isn't fitted") from None
    trees = [predictor] if type(predictor) in _TREES else list(predictor.estimators_)
    for tree in trees:
        if type(tree) not in _TREES:
            raise NotCompilable(f"one of its trees is {article(tree)}, which isn't compiled")
    return trees


def _classes(predictor: Any) -> tuple[Array, ...] | None:
    """The labels of each output; None for a regressor."""
    if not hasattr(predictor, "classes_"):
        return None
    per_output = [predictor.classes_] if predictor.n_outputs_ == 1 else predictor.classes_
    for labels in per_output:
        kinds = {type(label) for label in labels.tolist()}
        if labels.dtype.kind not in "biufUO" or not kinds <= {str, bool, int, float}:
            raise NotCompilable(f"its classes are {labels.dtype} labels; strings, numbers and booleans are compiled")
        if float in kinds and not all(np.isfinite(label) for label in labels.tolist() if type(label) is float):
            raise NotCompilable("one of its classes isn't a finite number")
    return tuple(per_output)


# Trees ----------------------------------------------------------------------------------------------------


class _Packed(NamedTuple):
    nodes: Nodes
    tree_starts: Longs
    value_starts: Longs
    values: Doubles


def _pack(trees: list[Any], classes: tuple[Array, ...] | None, n_columns: int) -> _Packed:
    """All trees' nodes, one after the other, and every distinct leaf once.

    A leaf's index has 23 bits: the forest shares one table where that is enough, and each tree has its own
    where it isn't.
    """
    leaves = [_leaf_values(tree, classes) for tree in trees]
    values, indices = _distinct(np.concatenate(leaves))
    if len(values) < FIRST_SPLIT:
        value_starts = np.zeros(len(trees), dtype=np.int64)
        per_tree = np.split(indices, np.cumsum([len(each) for each in leaves])[:-1])
    else:
        tables, per_tree = map(list, zip(*map(_distinct, leaves), strict=True))
        sizes = np.array([len(table) for table in tables], dtype=np.int64)
        if sizes.max() >= FIRST_SPLIT:
            raise NotCompilable(
                f"one of its trees has {sizes.max():,} distinct leaves, which don't fit a node's 23 bits"
            )
        values, value_starts = np.concatenate(tables), np.cumsum(sizes) - sizes
    nodes = [_nodes(tree, index, n_columns) for tree, index in zip(trees, per_tree, strict=True)]
    tree_starts = np.cumsum([0, *map(len, nodes)], dtype=np.int64)
    return _Packed(np.concatenate(nodes), tree_starts, value_starts, values)


def _leaf_values(tree: Any, classes: tuple[Array, ...] | None) -> Doubles:
    """(n_leaves, width): what each leaf adds to an answer, in the tree's own order of nodes."""
    values: Doubles = tree.value[tree.children_left == _LEAF]
    if classes is None:
        return values[:, :, 0]
    # scikit-learn pads outputs with fewer classes than the widest.
    return np.concatenate([values[:, output, : len(labels)] for output, labels in enumerate(classes)], axis=1)


def _distinct(leaves: Doubles) -> tuple[Doubles, Longs]:
    """The distinct rows, to the bit (0.0 isn't -0.0), and each row's index among them."""
    rows = np.ascontiguousarray(leaves)
    width = rows.shape[1]
    bits = rows.view(np.int64)[:, 0] if width == 1 else rows.view(np.dtype((np.void, 8 * width)))[:, 0]
    _, first, index = np.unique(bits, return_index=True, return_inverse=True)
    return rows[first], index


def _nodes(tree: Any, leaf_index: Longs, n_columns: int) -> Nodes:
    """One tree's nodes, renumbered depth first, left child first."""
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    split = left != _LEAF
    position, size = _depth_first(left, right)
    shift = column_bits(n_columns) + 1
    left_size = size[left[split]]
    if left_size.max(initial=0) >= 1 << (31 - shift):
        raise NotCompilable(
            f"with {n_columns:,} columns, a tree may have {(1 << (31 - shift)) - 1:,} nodes left of a split"
            f" and this one has {left_size.max():,}"
        )
    # sklearn 1.3 added missing_go_to_left to its public node array.
    nan_left = tree.__getstate__()["nodes"]["missing_go_to_left"][split].astype(np.int64)
    nodes = np.empty(len(left), dtype=NODE)
    nodes["key"][position[split]] = _threshold_keys(tree.threshold[split])
    nodes["key"][position[~split]] = leaf_index
    nodes["word"][position[split]] = left_size << shift | nan_left << (shift - 1) | feature[split]
    nodes["word"][position[~split]] = -1 << shift
    return nodes


def _threshold_keys(thresholds: Doubles) -> Any:
    """The keys of the thresholds rounded down to float32: x <= threshold holds for the same float32 x."""
    if np.isnan(thresholds).any():
        raise NotCompilable("one of its thresholds is NaN")
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    above = rounded.astype(np.float64) > thresholds
    rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
    keys = np.empty(len(rounded), dtype=np.uint32)
    encode(rounded.astype(np.float64), keys)
    return keys


def _depth_first(left: Longs, right: Longs) -> tuple[Longs, Longs]:
    """Each node's place in a depth-first order, and the size of its subtree."""
    size, position = np.ones(len(left), np.int64), np.zeros(len(left), np.int64)
    levels = list(_levels(left, right))
    for splits in reversed(levels):
        size[splits] += size[left[splits]] + size[right[splits]]
    for splits in levels:
        position[left[splits]] = position[splits] + 1
        position[right[splits]] = position[splits] + 1 + size[left[splits]]
    return position, size


def _levels(left: Longs, right: Longs) -> Iterator[Longs]:
    """The splits of each depth, from the root down."""
    nodes = np.zeros(1, np.int64)
    while len(splits := nodes[left[nodes] != _LEAF]):
        yield splits
        nodes = np.concatenate([left[splits], right[splits]])
