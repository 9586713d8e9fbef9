"""From fitted scikit-learn transformers to the declared steps of columns.py, at pack time.

Each function states what one transformer's `transform` does to a float64 array, in scikit-learn's own order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from container.forest.columns import Arithmetic, Branches, Clip, Fill, Refuse, Step, Take


class NotCompilable(Exception):
    """The estimator has no compiled form; the message is the reason, in one line a person reads."""


def article(thing: Any) -> str:
    """Its class with an article: "a Ridge", "an ExtraTreesRegressor"."""
    name = type(thing).__name__
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def unnest(steps: Iterable[Any]) -> Iterator[Any]:
    """The steps that do something, with inner Pipelines' in their place."""
    for step in steps:
        if type(step) is Pipeline:
            yield from unnest(inner for _, inner in step.steps)
        elif not _is_word(step, "passthrough"):
            yield step


def flatten_steps(transformers: Iterable[Any]) -> tuple[Step, ...]:
    """What fitted transformers, one after the other, do to a row."""
    steps: list[Step] = []
    for transformer in unnest(transformers):
        flat = _FLATTEN.get(type(transformer))
        if flat is None:
            raise NotCompilable(f"one of its steps is {article(transformer)}, which isn't compiled")
        try:
            check_is_fitted(transformer)
        except NotFittedError:
            raise NotCompilable(f"its {type(transformer).__name__} isn't fitted") from None
        steps += flat(transformer)
    return tuple(steps)


def _standard_scaler(scaler: StandardScaler) -> list[Step]:
    steps: list[Step] = [Refuse(nan=False)]
    if scaler.with_mean:
        steps.append(_arithmetic("subtract", scaler.mean_))
    if scaler.with_std:
        steps.append(_arithmetic("divide", scaler.scale_))
    return steps


def _min_max_scaler(scaler: MinMaxScaler) -> list[Step]:
    steps = [Refuse(nan=False), _arithmetic("multiply", scaler.scale_), _arithmetic("add", scaler.min_)]
    if scaler.clip:
        low, high = scaler.feature_range
        steps.append(Clip(float(low), float(high)))
    return steps


def _robust_scaler(scaler: RobustScaler) -> list[Step]:
    steps: list[Step] = [Refuse(nan=False)]
    if scaler.with_centering:
        steps.append(_arithmetic("subtract", scaler.center_))
    if scaler.with_scaling:
        steps.append(_arithmetic("divide", scaler.scale_))
    return steps


def _simple_imputer(imputer: SimpleImputer) -> list[Step]:
    if imputer.add_indicator:
        raise NotCompilable("its SimpleImputer adds indicator columns, which aren't compiled")
    missing, statistics = imputer.missing_values, imputer.statistics_.tolist()
    if not all(isinstance(number, Real) for number in [missing, *statistics]):
        raise NotCompilable("its SimpleImputer isn't about numbers, and only numeric columns are compiled")
    statistics = np.array(statistics, dtype=np.float64)
    is_nan = bool(np.isnan(missing))
    steps: list[Step] = [Refuse(nan=not is_nan)]
    kept = np.arange(len(statistics))
    if not imputer.keep_empty_features:
        # A column without a single value at fit has no statistic, and is dropped.
        kept = np.flatnonzero(~np.isnan(statistics))
        if len(kept) < len(statistics):
            steps.append(Take(tuple(kept.tolist())))
    fillings = statistics[kept]
    if hasattr(imputer, "_fill_dtype"):
        # Fitted on float32, say, the statistics are rounded before they are filled in.
        fillings = fillings.astype(imputer._fill_dtype)  # noqa: SLF001
    steps.append(Fill(None if is_nan else float(missing), _numbers("SimpleImputer's statistics", fillings)))
    return steps


def _column_transformer(transformer: ColumnTransformer) -> list[Step]:
    if transformer.transformer_weights:
        raise NotCompilable("its ColumnTransformer has weights, which aren't compiled")
    if transformer.sparse_output_:
        raise NotCompilable("its ColumnTransformer's output is sparse, and only dense columns are compiled")
    names = getattr(transformer, "feature_names_in_", None)
    branches: list[tuple[Step, ...]] = []
    for _, inner, selection in transformer.transformers_:
        columns = _positions(selection, transformer.n_features_in_, names)
        if columns and not _is_word(inner, "drop"):
            branches.append((Take(tuple(columns)), *flatten_steps([inner])))
    if not branches:
        raise NotCompilable("its ColumnTransformer keeps no column")
    return [Branches(tuple(branches))]


def _function_transformer(transformer: FunctionTransformer) -> list[Step]:
    """Only the identity: what a fitted ColumnTransformer makes of "passthrough"."""
    if transformer.func is not None or transformer.validate:
        raise NotCompilable("one of its steps is a FunctionTransformer, which isn't compiled")
    return []


_FLATTEN: dict[type, Callable[[Any], list[Step]]] = {
    StandardScaler: _standard_scaler,
    MinMaxScaler: _min_max_scaler,
    RobustScaler: _robust_scaler,
    SimpleImputer: _simple_imputer,
    ColumnTransformer: _column_transformer,
    FunctionTransformer: _function_transformer,
}


def _arithmetic(operation: str, operands: Any) -> Step:
    return Arithmetic(operation, _numbers("scaler's numbers", operands))


def _numbers(whose: str, values: Any) -> tuple[float, ...]:
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise NotCompilable(f"one of its {whose} isn't finite")
    return tuple(numbers.tolist())


def _is_word(step: Any, word: str) -> bool:
    return (word == "passthrough" and step is None) or (isinstance(step, str) and step == word)


def _positions(selection: Any, n_columns: int, names: Any) -> list[int]:
    """A fitted ColumnTransformer's selection as positions: by name, position, slice or mask."""
    index = {} if names is None else {name: position for position, name in enumerate(names)}
    try:
        if isinstance(selection, slice):
            return list(range(n_columns))[_slice(selection, index)]
        chosen = [selection] if isinstance(selection, str) else list(np.atleast_1d(selection))
        if chosen and isinstance(chosen[0], str):
            return [index[name] for name in chosen]
    except KeyError as error:
        raise NotCompilable(f"its ColumnTransformer selects a column {error}, which it wasn't fitted with") from None
    # NumPy's own indexing knows masks and positions from the end.
    return [int(column) for column in np.arange(n_columns)[np.array(chosen)]] if chosen else []


def _slice(selection: slice, index: dict[str, int]) -> slice:
    """The slice in positions; by name its end is included."""
    start, stop = selection.start, selection.stop
    if isinstance(start, str):
        start = index[start]
    if isinstance(stop, str):
        stop = index[stop] + 1
    return slice(start, stop, selection.step)
