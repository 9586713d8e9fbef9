"""Does the packed model answer what it was trained on? Where preprocessing was left out, it doesn't; nobody notices.

The best-known example of this deployment fits a forest on StandardScaler's output, saves the forest alone, and serves
raw rows: every answer is wrong. So after a script has trained, its model is asked the training data's own rows.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from container.artifact.manifest import Schema
from container.codecs.rows import Array
from container.errors import first_line
from container.packing.skew_data import Sample, candidates, read
from container.packing.skew_scores import RAW, NotTheTarget, Score, outside_share, reported_metric, scores

ENOUGH: Final = 0.3
"""A preprocessing explains something where it brings R² (or, above chance, balanced accuracy) up to this."""

GAIN: Final = 0.2
"""By how much it must do better than the rows as they are."""

FAR: Final = 0.3
"""How far below the metric that the training reported the answers may stay."""

GOOD: Final = 0.6
"""A model that answers its training data so well isn't suspected, wherever its splits lie."""

OUTSIDE: Final = 0.3
WORSE_THAN_NOTHING: Final = -0.5

FIX: Final = (
    "If the training scales or encodes its columns, save that with the model, as one Pipeline: "
    "joblib.dump(make_pipeline(scaler, forest), 'model.joblib'), fitted on the raw columns."
)
SAMPLE_ROWS: Final = 100


class Verdict(NamedTuple):
    """What was found: warnings that must not be missed, and notes of what could not be compared, or was fine.

    `rows` are some of the training data's as the model takes them, where they are known to be its columns.
    """

    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rows: Any = None


def check(estimator: Any, channels: Mapping[str, Path], reported: str = "", scripts: Sequence[Path] = ()) -> Verdict:
    """Ask `estimator` rows of the training data in `channels` (folders by name).

    `reported` is what the training said, in which a metric may be; `scripts` are files with serving hooks, which may
    preprocess themselves. Never raises: what can't be compared is a note.
    """
    try:
        sample = read(channels)
        if sample is None:
            return Verdict(notes=("no table in a training channel to compare the model with",))
        tried, refusal = _measure_all(estimator, sample)
    except Exception as error:  # noqa: BLE001 - the data and the estimator are the user's, and may raise anything
        return Verdict(notes=(f"the model can't be compared with its training data: {first_line(error)}",))
    if not tried:
        return Verdict(notes=(refusal or _no_columns(estimator, sample),))
    evidence = Evidence(sample.name, _is_classifier(estimator), reported_metric(reported), _outside(estimator, tried))
    said = _suspicion(tried, evidence)
    best = max((measured[0] for measured in tried), key=lambda score: score.value)
    rows = best.candidate.features
    if said is None:
        return Verdict(notes=(f"{evidence.words(best)} {RAW}",), rows=rows)
    return _unless_the_script_does_it(said, scripts, rows)


def first_rows(schema: Schema, verdict: Verdict) -> Array | None:
    """Rows of the training data (rows, features) to check the packed model on; None where they aren't known."""
    if verdict.rows is None or not schema.numeric:
        return None
    try:
        rows = np.asarray(verdict.rows, dtype=np.float64)[:SAMPLE_ROWS]
    except (TypeError, ValueError):
        return None
    return rows if rows.shape[1] == len(schema.features) and np.isfinite(rows).all() else None


class Evidence(NamedTuple):
    """What the scores are judged by: the file, the metric that the training reported, if any, and the share of the
    model's splits that no value of the data reaches."""

    file: str
    is_classifier: bool
    reported: float | None
    outside: float

    def words(self, score: Score) -> str:
        """A score, and of what it is."""
        metric = "balanced accuracy" if self.is_classifier else "R²"
        target = score.candidate.target
        return f"{metric} {score.value:.2f} on {len(target):,} rows of {self.file} (target {target.name})"


def _measure_all(estimator: Any, sample: Sample) -> tuple[list[list[Score]], str]:
    """The scores of each reading of the rows that the estimator takes, and what it says of those that it doesn't."""
    tried, refusal, kind = [], "", _is_classifier(estimator)
    for candidate in candidates(estimator, sample.table):
        try:
            tried.append(scores(estimator, candidate, kind))
        except NotTheTarget as error:
            refusal = refusal or f"the model isn't compared with {sample.name}: {error}"
        except Exception as error:  # noqa: BLE001 - the estimator is the user's, and may raise anything
            refusal = f"the model doesn't take the rows of {sample.name}, so they aren't compared: {first_line(error)}"
    return tried, refusal


def _outside(estimator: Any, tried: list[list[Score]]) -> float:
    return min(outside_share(estimator, measured[0].candidate.features) for measured in tried)


def _is_classifier(estimator: Any) -> bool:
    from sklearn.base import is_classifier

    return bool(is_classifier(estimator))


def _no_columns(estimator: Any, sample: Sample) -> str:
    return (
        f"{sample.name} has {sample.table.shape[1]} columns and the model takes "
        f"{getattr(estimator, 'n_features_in_', 'an unknown number')}: they can't be matched, so the model isn't "
        "compared with its training data"
    )


def _suspicion(tried: list[list[Score]], evidence: Evidence) -> str | None:
    """What speaks for missing preprocessing, in a sentence without its end; None where nothing does."""
    raw = max((measured[0] for measured in tried), key=lambda score: score.value)
    changed = max((score for measured in tried for score in measured[1:]), key=lambda s: s.value, default=raw)
    chance = 1 / max(changed.candidate.target.nunique(), 2) if evidence.is_classifier else 0
    if changed.value >= ENOUGH + chance and changed.value - raw.value >= GAIN:
        raw = next(measured[0] for measured in tried if measured[0].candidate is changed.candidate)
        return (
            f"The model doesn't answer the raw rows that it was trained on: {evidence.words(raw)}, but "
            f"{changed.value:.2f} on the same rows {changed.way}. Its preprocessing seems to be missing"
        )
    if raw.value < GOOD and evidence.outside >= OUTSIDE:
        return (
            f"The model doesn't answer the raw rows that it was trained on: {evidence.words(raw)}, and "
            f"{evidence.outside:.0%} of its splits lie where the columns have no values. Its preprocessing seems to be "
            "missing"
        )
    if not raw.candidate.sure:  # of a column that may not be the target, a bad answer says nothing
        return None
    if evidence.reported is not None and evidence.reported - raw.plain >= FAR:
        metric = f"accuracy {raw.plain:.2f}, " if evidence.is_classifier else ""
        return (
            f"The training reported {evidence.reported:.2f}, but the model that it left has {metric}"
            f"{evidence.words(raw)}, which it was trained on. Preprocessing seems to be missing"
        )
    if not evidence.is_classifier and raw.value < WORSE_THAN_NOTHING:
        return (
            f"The model answers its training data worse than their mean would: {evidence.words(raw)}. "
            "Preprocessing, of the columns or of the target, seems to be missing"
        )
    return None


def _unless_the_script_does_it(said: str, scripts: Sequence[Path], rows: Any) -> Verdict:
    helpers = [script.name for script in scripts if _preprocesses(script)]
    if helpers:
        return Verdict(notes=(f"{said}, unless {helpers[0]}, which calls a transform, does it.",), rows=rows)
    return Verdict(warnings=(f"{said}: every answer of an endpoint would be wrong. {FIX}",), rows=rows)


def _preprocesses(script: Path) -> bool:
    """Whether a serving hook of the script calls some transform."""
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    hooks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.endswith("_fn")]
    calls = (node.func for hook in hooks for node in ast.walk(hook) if isinstance(node, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr == "transform" for call in calls)
