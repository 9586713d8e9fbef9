"""The usual ways of preprocessing, done to rows: what a training may have done, and not saved."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from container.codecs.rows import Array

TWO: Final = 2
SLOW_COLUMNS: Final = 60
"""Of wider tables, no power transform is sought: it takes a search for each column."""


class Changed(NamedTuple):
    """Rows as one way makes them; `scales` says that it only moves and stretches columns."""

    way: str
    rows: Any
    scales: bool


def changed(features: Any, numbered: Array) -> Iterator[Changed]:
    """The rows (rows, features) in each way that they allow, as what they were: a DataFrame or an array.

    `numbered` (features,) is true for columns that were texts: those, and those of two values, are often left alone.
    """
    try:
        numbers = np.asarray(features, dtype=np.float64)
    except (TypeError, ValueError):
        return
    apart = numbered | np.array([len(np.unique(column[~np.isnan(column)])) <= TWO for column in numbers.T])
    for way, (transformer, scales) in _ways(numbers.shape[1]).items():
        made = _made(transformer, numbers)
        if made is None:
            continue
        yield Changed(way, _like(features, made), scales)
        if scales and apart.any() and not apart.all():
            rest = _like(features, np.where(apart, numbers, made))
            yield Changed(f"{way}, but for columns of two values or texts", rest, scales)


def _ways(width: int) -> dict[str, tuple[Any, bool]]:
    from sklearn import preprocessing as pre
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline

    def log() -> Any:
        return pre.FunctionTransformer(np.log1p)

    ways = {
        "standardized (StandardScaler)": (pre.StandardScaler(), True),
        "scaled to 0..1 (MinMaxScaler)": (pre.MinMaxScaler(), True),
        "scaled to -1..1 (MinMaxScaler)": (pre.MinMaxScaler((-1, 1)), True),
        "scaled by their largest (MaxAbsScaler)": (pre.MaxAbsScaler(), True),
        "scaled by quartiles (RobustScaler)": (pre.RobustScaler(), True),
        "as logarithms (log1p)": (log(), False),
        "as logarithms, standardized": (make_pipeline(log(), pre.StandardScaler()), False),
        "as quantiles (QuantileTransformer)": (pre.QuantileTransformer(n_quantiles=100), False),
        "as principal components (PCA)": (PCA(), False),
        "standardized, as principal components (PCA)": (make_pipeline(pre.StandardScaler(), PCA()), False),
        "each of length 1 (Normalizer)": (pre.Normalizer(), False),
    }
    if width <= SLOW_COLUMNS:
        ways["made normal (PowerTransformer)"] = (pre.PowerTransformer(), False)
    return ways


def _made(transformer: Any, numbers: Array) -> Array | None:
    """What it makes of the rows; None where it can't, or makes other columns."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = np.asarray(transformer.fit_transform(numbers))
        except (ValueError, ArithmeticError):
            return None
    lost = np.isnan(made).sum() > np.isnan(numbers).sum() or np.isinf(made).any()
    return None if made.shape != numbers.shape or lost else made


def _like(features: Any, made: Array) -> Any:
    if not hasattr(features, "columns"):
        return made
    import pandas as pd

    return pd.DataFrame(made, columns=features.columns)
