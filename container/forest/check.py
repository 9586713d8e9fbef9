"""Does the compiled forest answer as the estimator does? Asked at pack time, on rows made to find out.

`edge_rows` stands on the edges where a compiled forest goes wrong: values on, just below and just above thresholds,
NaN, infinity, and the last float64s that still fit a float32.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from container.forest.columns import Block, RowsRejected, apply, origins
from container.forest.layout import Forest, column_bits
from container.forest.model import ForestModel
from container.forest.numpy_kernel import FIRST_SPLIT
from container.forest.types import Array, Doubles, Keys, Longs

N_EDGE_ROWS = 768

_MAX32 = float(np.finfo(np.float32).max)
_OVERFLOW = _MAX32 + 2.0**103
"""Half a unit above float32's largest value: the first float64 that rounds to infinity."""
_EXTREMES = np.array([0.0, -0.0, 5e-324, -1e-46, 1e-39, _MAX32, np.nextafter(_OVERFLOW, 0), -_MAX32])
_REFUSED = np.array([np.inf, -np.inf, _OVERFLOW, -1e39, 1e308])


def edge_rows(forest: Forest, sample: Array | None, seed: int = 0) -> Doubles:
    """Rows (n, n_features), float64, that stand on the edges of the forest's splits.

    `sample` are the caller's own rows, (n, n_features), which come first, then perturbed. Some of the rows are ones
    scikit-learn refuses: that the forest refuses them too is part of the answer.
    """
    random = np.random.default_rng(seed)
    sample = np.empty((0, forest.n_features)) if sample is None else np.asarray(sample, dtype=np.float64)
    edges = _threshold_rows(forest, sample, random)
    several = random.integers(0, len(edges), 64)
    extreme, refused = edges[several[:32]], edges[several[32:48]]
    extreme = _sprinkle(extreme, random.choice(_EXTREMES, extreme.shape), 0.3, random)
    refused = _sprinkle(refused, random.choice(_REFUSED, refused.shape), 0.2, random)
    missing = _sprinkle(edges[: len(edges) // 4], np.nan, 0.3, random)
    perturbed = sample[:256] * (1 + 1e-3 * random.standard_normal(sample[:256].shape))
    return np.concatenate([sample, edges, perturbed, missing, extreme, refused])


def _sprinkle(rows: Doubles, values: Any, share: float, random: np.random.Generator) -> Doubles:
    return np.where(random.random(rows.shape) < share, values, rows)


def _threshold_rows(forest: Forest, sample: Doubles, random: np.random.Generator) -> Doubles:
    """Rows that arrive at a split and stand on its threshold, for splits drawn at random."""
    columns = origins(forest.steps, forest.n_features)
    scale, shift = _line_through(forest)
    starts = sample[random.integers(0, len(sample), N_EDGE_ROWS)] if len(sample) else None
    rows = random.standard_normal((N_EDGE_ROWS, forest.n_features)) if starts is None else starts
    for row in rows:
        tree = random.integers(forest.n_trees)
        for column, threshold, left in _path(forest, tree, random):
            edge = (threshold - shift[column]) / scale[column]
            value = row[columns[column]]
            if not (value <= edge if left else value > edge):
                row[columns[column]] = _near(edge, random.integers(3) if left else 3 + random.integers(3))
    return rows


def _near(edge: float, how: int) -> float:
    """Values that float32 and float64 tell apart from the edge, or don't; 0 to 2 are at most the edge."""
    single = np.float32(edge)
    infinity = np.float32(np.inf)
    return float(
        [
            edge,
            np.nextafter(edge, -np.inf),
            np.nextafter(single, -infinity),
            np.nextafter(edge, np.inf),
            np.nextafter(single, infinity),
            (float(single) + float(np.nextafter(single, infinity))) / 2,
        ][how]
    )


def _path(forest: Forest, tree: int, random: np.random.Generator) -> list[tuple[int, float, bool]]:
    """The way to a random node of the tree: at each split its column, its threshold, and whether left was taken."""
    shift = column_bits(len(origins(forest.steps, forest.n_features))) + 1
    first, end = int(forest.tree_starts[tree]), int(forest.tree_starts[tree + 1])
    goal, at, path = int(random.integers(first, end)), first, []
    while (key := int(forest.nodes["key"][at])) >= FIRST_SPLIT:
        word = int(forest.nodes["word"][at])
        right = at + 1 + (word >> shift)
        left = goal < right
        path.append((word & ((1 << (shift - 1)) - 1), _decode(key), left))
        if at == goal:
            break
        at = at + 1 if left else right
    return path


def _decode(key: int) -> float:
    """The float32 that has this key."""
    bits = key ^ 0x8000_0000 if key >> 31 else key ^ 0xFFFF_FFFF
    return float(np.array(bits, dtype=np.uint32).view(np.float32))


def _line_through(forest: Forest) -> tuple[Doubles, Doubles]:
    """Each column the trees see as `scale * caller's column + shift`, as far as it is one; scale is never 0."""
    zeros, ones = (
        apply(
            forest.steps, Block(np.full((1, forest.n_features), value), np.arange(forest.n_features))
        ).values[0]
        for value in (0.0, 1.0)
    )
    scale = ones - zeros
    scale[(scale == 0) | ~np.isfinite(scale)] = 1.0
    return scale, zeros


# Comparing ---------------------------------------------------------------------------------------------------------


def differences(estimator: Any, model: ForestModel, rows: Array) -> str | None:
    """None where the model answers as the estimator does, bit for bit, on every row and with every refusal.

    Otherwise one sentence that names the first row that differs. The estimator itself is left as it is.
    """
    estimator = _in_order(estimator)
    accepted = np.ones(len(rows), dtype=bool)
    while accepted.any():
        kept = np.flatnonzero(accepted)
        try:
            ours = model.predict(rows[kept])
            break
        except RowsRejected as rejected:
            accepted[kept[rejected.row]] = False
    for row in np.flatnonzero(~accepted):
        if _answers(estimator, rows[row : row + 1]):
            return f"row {row} is refused by the compiled forest and accepted by scikit-learn"
    kept = np.flatnonzero(accepted)
    if not len(kept):
        return None
    try:
        theirs = estimator.predict(_table(estimator, rows[kept]))
    except ValueError as error:
        return f"scikit-learn refuses rows the compiled forest accepts ({str(error).splitlines()[0]})"
    return _first_difference("predict", theirs, ours, kept) or _probabilities_differ(
        estimator, model, rows, kept
    )


def _probabilities_differ(estimator: Any, model: ForestModel, rows: Array, kept: Longs) -> str | None:
    if model.classes is None:
        return None
    theirs, ours = estimator.predict_proba(_table(estimator, rows[kept])), model.predict_proba(rows[kept])
    if not isinstance(theirs, list) or not isinstance(ours, list):
        theirs, ours = [theirs], [ours]
    for each, mine in zip(theirs, ours, strict=True):
        if found := _first_difference("predict_proba", each, mine, kept):
            return found
    return None


def _first_difference(name: str, theirs: Array, ours: Array, rows: Longs) -> str | None:
    if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
        return f"{name} gives {ours.dtype}{ours.shape} instead of {theirs.dtype}{theirs.shape}"
    if np.array_equal(_bits(theirs), _bits(ours)):
        return None
    differs = (_bits(theirs) != _bits(ours)).reshape(len(rows), -1).any(axis=1)
    first = int(differs.argmax())
    return (
        f"{name} of row {rows[first]} is {ours[first]!s:.60} instead of {theirs[first]!s:.60}"
        f" ({differs.sum():,} of {len(rows):,} rows differ)"
    )


def _bits(array: Array) -> Keys | Array:
    """Floats as integers, so that 0.0 isn't -0.0."""
    return np.ascontiguousarray(array).view(np.int64) if array.dtype == np.float64 else array


def _answers(estimator: Any, rows: Array) -> bool:
    try:
        estimator.predict(_table(estimator, rows))
    except ValueError:
        return False
    return True


def _table(estimator: Any, rows: Array) -> Any:
    """The rows with the names the estimator was fitted with: a ColumnTransformer may select by them."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return rows.copy()
    import pandas as pd

    return pd.DataFrame(rows, columns=names)


def _in_order(estimator: Any) -> Any:
    """A copy whose forest adds its trees up in order: with several jobs, the order is chance."""
    ordered = copy.copy(estimator)
    if hasattr(ordered, "steps"):
        ordered.steps = [*ordered.steps[:-1], (ordered.steps[-1][0], _in_order(ordered.steps[-1][1]))]
    elif hasattr(ordered, "n_jobs"):
        ordered.n_jobs = 1
    return ordered
