"""How near a model's answers are to what they should be, on raw rows and on rows as preprocessing might make them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from container.codecs.rows import Array
from container.packing.skew_data import Candidate

RAW: Final = "as they are"
LIKE_LOGARITHMS: Final = 0.8
"""The correlation from which answers are taken for a target's logarithms."""


class Score(NamedTuple):
    """How well one reading of the rows is answered under one preprocessing: R² or, of a classifier, balanced accuracy.

    `plain` is what a training reports: R², or accuracy.
    """

    value: float
    plain: float
    way: str
    candidate: Candidate


class NotTheTarget(Exception):
    """The column can't be what the model answers; the message says why."""


def scores(estimator: Any, candidate: Candidate, is_classifier: bool) -> list[Score]:
    """A score for each way of preprocessing that the rows allow; the first is of the rows as they are.

    Raises NotTheTarget, and what the estimator raises on the rows as they are.
    """
    measured = [_score(estimator, candidate, RAW, candidate.features, is_classifier)]
    try:
        numbers = np.asarray(candidate.features, dtype=np.float64)
    except (TypeError, ValueError):
        return measured
    for way, change in WAYS.items():
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            changed = change(numbers)
            if changed is None or np.isinf(changed).any():
                continue
            rows = _like(candidate.features, changed)
            measured.append(_score(estimator, candidate, way, rows, is_classifier))
    return measured


def _like(features: Any, changed: Array) -> Any:
    if not hasattr(features, "columns"):
        return changed
    import pandas as pd

    return pd.DataFrame(changed, columns=features.columns)


def _score(estimator: Any, candidate: Candidate, way: str, rows: Any, is_classifier: bool) -> Score:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns' names: both ways are tried
        answers = np.asarray(estimator.predict(rows))
    if answers.ndim != 1:
        raise NotTheTarget("the model has several outputs, and one column isn't compared with them")
    if is_classifier:
        return _of_labels(estimator, answers, candidate, way)
    value = _r2(estimator, answers, candidate.target)
    return Score(value, value, way, candidate)


def _r2(estimator: Any, answers: Array, target: Any) -> float:
    try:
        wanted = target.to_numpy(dtype=np.float64)
        answers = answers.astype(np.float64)
    except (TypeError, ValueError):
        raise NotTheTarget(f"{target.name} holds no numbers") from None
    width = wanted.max() - wanted.min()
    if _averages(estimator) and (
        answers.min() < wanted.min() - width / 20 or answers.max() > wanted.max() + width / 20
    ):
        # Whatever it is asked, a forest answers within what it was fitted on.
        if wanted.min() > -1 and answers.std() and np.corrcoef(answers, np.log1p(wanted))[0, 1] > LIKE_LOGARITHMS:
            raise NotTheTarget(f"its answers look like logarithms of {target.name}, and callers will get them so")
        raise NotTheTarget(f"the model's answers lie outside the values of {target.name}")
    return 1 - float(((wanted - answers) ** 2).sum()) / float(((wanted - wanted.mean()) ** 2).sum())


def _averages(estimator: Any) -> bool:
    """Whether each answer is a mean of targets it was fitted on, as a tree's and a forest's is."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    return hasattr(last, "tree_") or (hasattr(last, "estimators_") and "Forest" in f"{type(last).__mro__}")


def _of_labels(estimator: Any, answers: Array, candidate: Candidate, way: str) -> Score:
    wanted, name = candidate.target.to_numpy(), candidate.target.name
    if wanted.dtype.kind in "OUT" and answers.dtype.kind in "iuf":  # labels that were numbered, as LabelEncoder does
        wanted = np.unique(wanted.astype(str), return_inverse=True)[1]
    given, true = (np.array([_label(label) for label in labels]) for labels in (answers, wanted))
    labels = np.unique(true)
    known = {_label(label) for label in np.ravel(getattr(estimator, "classes_", labels))}
    if not set(labels) <= known:
        raise NotTheTarget(f"{name} holds labels that the model doesn't know")
    balanced = float(np.mean([(given[true == label] == label).mean() for label in labels]))
    return Score(balanced, float((given == true).mean()), way, candidate)


def _label(label: Any) -> str:
    """A label as a text: 1, 1.0 and True are one, as files and models write them."""
    if isinstance(label, bool | np.bool_ | float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)


def _standardized(rows: Array) -> Array:
    spread = np.nanstd(rows, axis=0)
    return np.asarray((rows - np.nanmean(rows, axis=0)) / np.where(spread > 0, spread, 1))


def _to_unit(rows: Array) -> Array:
    low = np.nanmin(rows, axis=0)
    width = np.nanmax(rows, axis=0) - low
    return np.asarray((rows - low) / np.where(width > 0, width, 1))


def _robust(rows: Array) -> Array:
    low, middle, high = np.nanpercentile(rows, [25, 50, 75], axis=0)
    return np.asarray((rows - middle) / np.where(high > low, high - low, 1))


def _logged(rows: Array) -> Array | None:
    return np.log1p(rows) if np.nanmin(rows) > -1 else None


WAYS: Final[dict[str, Callable[[Array], Array | None]]] = {
    "standardized (StandardScaler)": _standardized,
    "scaled to 0..1 (MinMaxScaler)": _to_unit,
    "scaled by quartiles (RobustScaler)": _robust,
    "as logarithms (log1p)": _logged,
}

_METRIC: Final = re.compile(
    r"(?P<name>\b(?:r2|r\^2|r²|r2[_ ]score|score|accuracy|acc))\b[\"']?\s*(?:is|of|[:=])?\s*"
    r"(?P<value>-?\d*\.\d+(?:e-?\d+)?|[01]\b)",
    re.IGNORECASE,
)


def reported_metric(output: str) -> float | None:
    """The last R², score or accuracy that the training's output names; None without one."""
    found = [float(match["value"]) for match in _METRIC.finditer(output)]
    return found[-1] if found and found[-1] <= 1 else None


def outside_share(estimator: Any, features: Any) -> float:
    """The share of a forest's or tree's splits at thresholds that its column doesn't reach; 0 for other models."""
    trees = np.ravel(np.asarray(getattr(estimator, "estimators_", [estimator]), dtype=object))
    try:
        rows = np.asarray(features, dtype=np.float64)
        low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
        inside, splits = 0, 0
        for tree in trees:
            column = tree.tree_.feature
            at, column = tree.tree_.threshold[column >= 0], column[column >= 0]
            inside += int(((at >= low[column]) & (at <= high[column])).sum())
            splits += len(column)
    except (AttributeError, TypeError, ValueError, IndexError):
        return 0.0
    return 1 - inside / splits if splits else 0.0
