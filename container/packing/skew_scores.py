"""How near a model's answers are to what they should be, on raw rows and on rows as preprocessing might make them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from container.codecs.rows import Array
from container.packing.skew_data import Candidate
from container.packing.skew_ways import Changed, changed

RAW: Final = "as they are"
NUMBERED: Final = "with their texts numbered"
FEWEST_SPLITS: Final = 10
RARE: Final = 3
"""Of fewer rows of a label, nothing is concluded."""


class Score(NamedTuple):
    """How well one reading of the rows is answered under one preprocessing; means, where there are several outputs.

    `shown` is R², or of a classifier balanced accuracy. `exact` is that with chance at 0. `value` is never lower: it is
    what is explained where the targets were mapped, too, by a line, by ranks, or by calling labels otherwise. `plain`
    is what a training reports: R², or accuracy. `rows` is what was asked; `scales` says that the way only scales.
    """

    shown: float
    exact: float
    value: float
    plain: float
    way: str
    scales: bool
    rows: Any
    candidate: Candidate


class NotTheTarget(Exception):
    """The column can't be what the model answers; the message says why."""


class Reading(NamedTuple):
    """A candidate as the estimator takes it, with the score of its rows as they are."""

    numbered: Array
    raw: Score


def read(estimator: Any, candidate: Candidate, is_classifier: bool) -> Reading:
    """Ask the rows as they are; where the estimator takes no texts, with the texts numbered, as OrdinalEncoder does.

    Raises NotTheTarget, and what the estimator raises.
    """
    features = candidate.features
    texts = np.array([dtype.kind not in "iufb" for dtype in features.dtypes])
    nameless = not hasattr(estimator, "feature_names_in_")
    rows, way = features.to_numpy() if nameless else features, RAW
    try:
        answers = _answers(estimator, rows)
    except Exception:
        if not texts.any():
            raise
        coded = {name: features[name].astype("category").cat.codes for name in features.columns[texts]}
        numbers = features.assign(**coded) if not nameless else features.assign(**coded).to_numpy(dtype=np.float64)
        rows, way = numbers, NUMBERED
        answers = _answers(estimator, rows)
    return Reading(texts, _score(answers, candidate, is_classifier, Changed(way, rows, scales=False)))


def scores(estimator: Any, reading: Reading, is_classifier: bool) -> Iterator[Score]:
    """A score for each way of preprocessing that the rows allow, scalers first; raises what the estimator raises."""
    for change in changed(reading.raw.rows, reading.numbered):
        yield _score(_answers(estimator, change.rows), reading.raw.candidate, is_classifier, change)


def _answers(estimator: Any, rows: Any) -> Array:
    """The model's answers (rows, outputs)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns' names, and of what ways make of odd columns
        answers = np.asarray(estimator.predict(rows))
    return answers.reshape(len(answers), -1)


def _score(answers: Array, candidate: Candidate, is_classifier: bool, change: Changed) -> Score:
    if answers.shape != candidate.target.shape:
        raise NotTheTarget(f"the model has {answers.shape[1]} outputs, not {candidate.target.shape[1]}")
    measure = _of_labels if is_classifier else _of_numbers
    each = [measure(answers[:, index], candidate.target.iloc[:, index]) for index in range(answers.shape[1])]
    shown, exact, value, plain = (float(mean) for mean in np.mean(each, axis=0))
    return Score(shown, exact, value, plain, change.way, change.scales, change.rows, candidate)


def _of_numbers(answers: Array, target: Any) -> tuple[float, float, float, float]:
    try:
        wanted = target.to_numpy(dtype=np.float64)
        answers = answers.astype(np.float64)
    except (TypeError, ValueError):
        raise NotTheTarget(f"{target.name} holds no numbers") from None
    if not np.isfinite(answers).all():
        return -np.inf, -np.inf, 0.0, -np.inf
    r2 = 1 - float(((wanted - answers) ** 2).sum()) / float(((wanted - wanted.mean()) ** 2).sum())
    return r2, r2, max(r2, _correlation(answers, wanted), _correlation(_ranks(answers), _ranks(wanted))), r2


def _correlation(one: Array, other: Array) -> float:
    """The squared correlation; 0 of what doesn't vary."""
    if np.ptp(one) <= 1e-9 * np.abs(one).max() or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)


def _ranks(values: Array) -> Array:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values))


def _of_labels(answers: Array, target: Any) -> tuple[float, float, float, float]:
    """At best with the model's labels called otherwise: a map may lie with the hooks."""
    from scipy.optimize import linear_sum_assignment

    given, true = (np.array([_label(label) for label in labels]) for labels in (answers, target))
    if (
        target.dtype.kind not in "iufb" and answers.dtype.kind in "iuf"
    ):  # texts that were numbered, as LabelEncoder does
        true = np.unique(true, return_inverse=True)[1].astype(str)
    labels, counts = np.unique(true, return_counts=True)
    labels = labels[counts >= RARE]
    if len(labels) <= 1 or len(labels) > max(len(answers) / 4, 2):
        raise NotTheTarget(f"{target.name} has too few rows of each label")
    said = np.unique(given)
    hits = np.array([[(given[true == label] == name).mean() for name in said] for label in labels])
    of, to = linear_sum_assignment(hits, maximize=True)
    called = dict(zip(labels[of], said[to], strict=True))
    renamed = np.array([called.get(label, "") for label in true])
    accuracy = max(float((given == true).mean()), float((given == renamed).mean()))
    same, best = float((hits * (labels[:, None] == said)).sum()) / len(labels), float(hits[of, to].sum()) / len(labels)
    chance = 1 / len(labels)
    return best, (same - chance) / (1 - chance), (best - chance) / (1 - chance), accuracy


def _label(label: Any) -> str:
    """A label as a text: 1, 1.0 and True are one, as files and models write them."""
    if isinstance(label, bool | np.bool_ | float | np.floating) and float(label).is_integer():
        return str(int(label))
    return {"True": "1", "False": "0"}.get(str(label), str(label))


_METRIC: Final = re.compile(
    r"(?<![a-z0-9])(?:r2|r\^2|r²|r[-_ ]squared|score|accuracy|acc)(?![a-z0-9])[\"']?"
    r"(?:[-_ ]score)?(?: (?:on|for|of) [a-z ]{1,30}| \([a-z ]{1,30}\))?\s*(?:is|of|[:=])?\s*"
    r"(?P<value>-?\d*\.\d+(?:e-?\d+)?|[01]\b|100\b)(?P<percent> ?%)?",
    re.IGNORECASE,
)


def reported_metric(output: str) -> float | None:
    """The last R², score or accuracy that the training's output names; None without one."""
    found = [float(match["value"]) / (100 if match["percent"] else 1) for match in _METRIC.finditer(output)]
    return found[-1] if found and found[-1] <= 1 else None


def outside_share(estimator: Any, features: Any) -> float | None:
    """The share of a forest's or tree's splits at thresholds that its column doesn't reach; None for other models."""
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
        return None
    return 1 - inside / splits if splits >= FEWEST_SPLITS else None
