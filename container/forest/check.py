"""Does the compiled forest answer as the estimator does? Asked at pack time, on rows made to find out.

`edge_rows` stands on the edges where a compiled forest goes wrong: values on, just below and just above
thresholds, NaN, infinity, and the last float64s that still fit a float32.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from container.forest.columns import Block, RowsRejected, apply, origins
from container.forest.layout import Forest, column_bits
from container.forest.model import ForestModel
from container.forest.numpy_kernel import FIRST_SPLIT, OVERFLOW
from container.forest.types import Array, Doubles, Keys, Longs

N_EDGE_ROWS = 768

_MAX32 = float(np.finfo(np.float32).max)
_EXTREMES = np.array([0.0, -0.0, 5e-324, -1e-46, 1e-39, _MAX32, np.nextafter(OVERFLOW, 0), -_MAX32])
_REFUSED = np.array([np.inf, -np.inf, OVERFLOW, -1e39, 1e308])


def edge_rows(forest: Forest, sample: Array | None, seed: int = 0) -> Doubles:
    """Rows (n, n_features), float64, that stand on the edges of the forest's splits.

    `sample` are the caller's own rows, (n, n_features), which come first. Some of the rows are ones that
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
        path = _path(forest, int(random.integers(forest.n_trees)), random)
        for column, threshold, left in path:
            edge, source = (threshold - shift[column]) / scale[column], columns[column]
            if (row[source] <= edge) != left:
                row[source] = edge if left else np.nextafter(np.float32(edge), np.float32(np.inf))
        if path:  # the last split of the path, where the row may fall either way
            row[source] = random.choice(_around(edge))
    return rows


def _around(edge: float) -> list[float]:
    """The edge, its neighbours in float64 and in float32, and the float64 halfway to the next float32."""
    single, infinity = np.float32(edge), np.float32(np.inf)
    above, below = float(np.nextafter(single, infinity)), float(np.nextafter(single, -infinity))
    neighbours = [float(np.nextafter(edge, -np.inf)), float(np.nextafter(edge, np.inf)), below, above]
    return [edge, *neighbours, (float(single) + above) / 2]


def _path(forest: Forest, tree: int, random: np.random.Generator) -> list[tuple[int, float, bool]]:
    """The way to a random node: each split's column, its threshold, and whether the way goes left."""
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
    """What each column the trees see is: `scale * caller's column + shift`, roughly; scale is never 0."""
    zeros, ones = (
        apply(forest.steps, Block(np.full((1, forest.n_features), value), np.arange(forest.n_features))).values[0]
        for value in (0.0, 1.0)
    )
    scale = ones - zeros
    scale[(scale == 0) | ~np.isfinite(scale)] = 1.0
    return scale, zeros


# Comparing ------------------------------------------------------------------------------------------------


def differences(estimator: Any, model: ForestModel, rows: Array) -> str | None:
    """None where the model answers as the estimator does, bit for bit, on every row and with every refusal.

    Otherwise one sentence that names the first row that differs. The estimator itself is left as it is.
    """
    # scikit-learn warns of the overflows that these rows are made of.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _compare(_in_order(estimator), model, rows)


def _compare(estimator: Any, model: ForestModel, rows: Array) -> str | None:
    kept, refused = _by_model(model, rows)
    for row in refused:
        if _accepts(estimator, rows[row : row + 1]):
            return f"row {row} is refused by the compiled forest and accepted by scikit-learn"
    if not len(kept):
        return None
    try:
        theirs = estimator.predict(_table(estimator, rows[kept]))
    except ValueError as error:
        return f"scikit-learn refuses a row the compiled forest accepts ({str(error).splitlines()[0]})"
    found = _first_difference("predict", theirs, model.predict(rows[kept]), kept)
    return found or _probabilities_differ(estimator, model, rows, kept)


def _by_model(model: ForestModel, rows: Array) -> tuple[Longs, Longs]:
    """The rows the model takes, and those it refuses."""
    kept = np.arange(len(rows))
    while len(kept):
        try:
            model.predict(rows[kept])
            break
        except RowsRejected as rejected:
            kept = np.delete(kept, rejected.row)
    return kept, np.setdiff1d(np.arange(len(rows)), kept)


def _probabilities_differ(estimator: Any, model: ForestModel, rows: Array, kept: Longs) -> str | None:
    if model.classes is None:
        return None
    theirs, ours = estimator.predict_proba(_table(estimator, rows[kept])), model.predict_proba(rows[kept])
    for each, mine in zip(_as_list(theirs), _as_list(ours), strict=True):
        if found := _first_difference("predict_proba", each, mine, kept):
            return found
    return None


def _as_list(answer: Any) -> list[Array]:
    return answer if isinstance(answer, list) else [answer]


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


def _accepts(estimator: Any, rows: Array) -> bool:
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
