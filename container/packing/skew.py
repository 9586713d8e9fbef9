"""Does the packed model answer what it was trained on? Where preprocessing was left out, it doesn't; nobody notices.

The best-known example of this deployment fits a forest on StandardScaler's output, saves the forest alone, and serves
raw rows: every answer is wrong. So after a script has trained, its model is asked the training data's own rows. A false
alarm is worse than a missed one: a warning needs bad answers of raw rows, and a preprocessing that makes the same
model's answers good or a training that reported better ones. Whatever else is odd is a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from container.artifact.manifest import Schema
from container.codecs.rows import Array
from container.errors import first_line
from container.packing.skew_data import FEWEST_ROWS, candidates
from container.packing.skew_scores import (
    RAW,
    NotTheTarget,
    Reading,
    Score,
    outside_share,
    read,
    reported_metric,
    scores,
)
from container.packing.skew_tables import tables

ENOUGH: Final = 0.3
"""A preprocessing explains something from here; from a little more, of few rows."""

ENOUGH_MAPPED: Final = 0.7
"""The same where the target must have been scaled, too: only what scales columns is tried for that."""

GAIN: Final = 0.25
"""By how much it must do better than the rows as they are."""

ENOUGH_OF_SCALED: Final = 0.4
ENOUGH_OF_LABELS: Final = 0.85
ENOUGH_OF_OTHERS: Final = 0.9
GAIN_OF_LABELS: Final = 0.4
"""The same of models that aren't trees, whose splits don't tell what they were fitted on: R² and labels after scaling,
and either after anything else."""

GOOD: Final = 0.6
"""A model that answers its training data so well, in whatever units, isn't suspected."""

UNSEEN: Final = 0.15
"""The share of a forest's splits that may lie where rows have no values, if it was fitted on such rows."""

FAR: Final = 0.3
OUTSIDE: Final = 0.3
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


def check(estimator: Any, channels: Mapping[str, Path], reported: str = "", by_script: str = "") -> Verdict:
    """Ask `estimator` rows of the training data in `channels` (folders by name).

    `reported` is what the training said, in which a metric may be; `by_script` names the serving hook that may
    preprocess, if one may. Never raises: what can't be compared is a note.
    """
    try:
        return _check(estimator, channels, reported_metric(reported), by_script)
    except Exception as error:  # noqa: BLE001 - the data and the estimator are the user's, and may raise anything
        return Verdict(notes=(f"the model can't be compared with its training data: {first_line(error)}",))


def first_rows(schema: Schema, verdict: Verdict) -> Array | None:
    """Rows of the training data (rows, features) to check the packed model on; None where they aren't known."""
    if verdict.rows is None or not schema.numeric:
        return None
    try:
        rows = np.asarray(verdict.rows, dtype=np.float64)[:SAMPLE_ROWS]
    except (TypeError, ValueError):
        return None
    return rows if rows.shape[1] == len(schema.features) and np.isfinite(rows).all() else None


def _check(estimator: Any, channels: Mapping[str, Path], reported: float | None, by_script: str) -> Verdict:
    from sklearn.base import is_classifier, is_regressor

    kind = bool(is_classifier(estimator))
    if not kind and not is_regressor(estimator):
        return Verdict(notes=("the model is no classifier and no regressor: there is nothing to compare it with",))
    readings, refusal = _readings(estimator, channels, kind)
    if not readings:
        return Verdict(notes=(refusal,))
    best = max(readings, key=lambda reading: _trusted(reading.raw))
    if _trusted(best.raw) >= GOOD:
        units = "" if kind or best.raw.exact >= ENOUGH else f"; they follow {best.raw.candidate.name}, in other units"
        return Verdict(notes=(f"{_words(best.raw, kind)} {best.raw.way}{units}",), rows=best.raw.rows)
    for reading in readings:
        raw = max(_trusted(best.raw), reading.raw.value)
        lost = _best_proof(estimator, scores(estimator, reading, kind), raw, kind)
        if lost is not None:
            return _alarm(reading, lost, kind, by_script)
    note = f"{_words(best.raw, kind)} {best.raw.way}, and no usual preprocessing that was tried explains it"
    outside = outside_share(estimator, best.raw.rows) or 0
    if reported is not None and reported - best.raw.plain >= FAR:
        sure = (
            hasattr(estimator, "feature_names_in_") or outside >= OUTSIDE
        )  # that these are its columns and its target
        if sure and best.raw.candidate.likely and not by_script:
            return _far_from(reported, best, kind)
        note += f"; the training reported {reported:.2f}"
    if outside >= OUTSIDE:
        note += f"; {outside:.0%} of its splits lie where the columns have no values"
    return Verdict(notes=(note,), rows=best.raw.rows)


def _readings(estimator: Any, channels: Mapping[str, Path], kind: bool) -> tuple[list[Reading], str]:
    """The readings of the training data that the estimator takes, and why there are none, or fewer."""
    readings, refusal = [], ""
    for sample in tables(channels):
        found = False
        for candidate in candidates(estimator, sample):
            found = True
            if len(candidate.target) < FEWEST_ROWS:
                refusal = refusal or f"{sample.name} has too few rows to compare the model with"
                continue
            try:
                readings.append(read(estimator, candidate, kind))
            except NotTheTarget as error:
                refusal = refusal or f"the model isn't compared with {sample.name}: {error}"
            except Exception as error:  # noqa: BLE001 - the estimator is the user's, and may raise anything
                refusal = f"the model doesn't take the rows of {sample.name}, so they aren't compared: " + (
                    first_line(error)
                )
        if not found:
            width = getattr(estimator, "n_features_in_", "an unknown number")
            refusal = refusal or (
                f"{sample.name} has {sample.table.shape[1]} columns and the model takes {width}: they can't be matched "
                "by name or number, so the model isn't compared with its training data"
            )
    return readings, refusal or "no table in a training channel to compare the model with"


def _trusted(score: Score) -> float:
    """How well it is explained; of a column that is hardly the target, only an exact answer says something."""
    return score.value if score.candidate.likely else score.exact


def _best_proof(estimator: Any, found: Iterable[Score], raw: float, kind: bool) -> Score | None:
    """The best explanation of what raw rows don't explain; where a scaler is one, no other is sought."""
    best, proof = None, 0.0
    for score in found:
        if best is not None and best.scales and not score.scales:
            break
        trees = outside_share(estimator, score.rows) if _trusted(score) - raw >= GAIN else None
        if trees is not None and trees > UNSEEN:  # it never saw such rows
            continue
        if (better := _proof(score, raw) if trees is not None else _strict_proof(score, raw, kind)) > proof:
            best, proof = score, better
    return best


def _proof(score: Score, raw: float) -> float:
    """How well a preprocessing explains what raw rows don't; 0 where that proves nothing."""
    enough = ENOUGH + 4 / len(score.candidate.target)
    if score.exact >= enough and score.value - raw >= GAIN:
        return 1 + score.exact
    if score.scales and score.candidate.likely and score.value >= ENOUGH_MAPPED and score.value - raw >= 2 * GAIN:
        return score.value
    return 0


def _strict_proof(score: Score, raw: float, kind: bool) -> float:
    """The same of models that aren't trees: a bad one may do better on rows that lie around 0, by luck."""
    value = _trusted(score) if kind else score.exact
    gain = (value if kind else score.value) - raw
    enough = ENOUGH_OF_LABELS if kind else ENOUGH_OF_SCALED + 4 / len(score.candidate.target)
    if not score.scales:
        enough = ENOUGH_OF_OTHERS
    return value if value >= enough and gain >= (GAIN_OF_LABELS if kind else GAIN) else 0


def _alarm(reading: Reading, lost: Score, kind: bool, by_script: str) -> Verdict:
    mapped = not kind and lost.exact < ENOUGH
    then = f"they explain {lost.value:.0%} of it" if mapped else f"{lost.shown:.2f}"
    raw = f" {reading.raw.way}" if reading.raw.way != RAW else ""
    said = (
        f"The model doesn't answer the raw rows that it was trained on: {_words(reading.raw, kind)}{raw}, but {then} "
        f"on the same rows {lost.way}. Its preprocessing seems to be missing"
    )
    if by_script:
        return Verdict(notes=(f"{said}, unless {by_script} does it.",), rows=reading.raw.rows)
    return Verdict(warnings=(f"{said}: every answer of an endpoint would be wrong. {FIX}",), rows=reading.raw.rows)


def _far_from(reported: float, reading: Reading, kind: bool) -> Verdict:
    """Whatever was left out: what the training said of the model isn't true of what was saved."""
    said = (
        f"The model doesn't answer the rows that it was trained on as its training said: the training reported "
        f"{reported:.2f}, and it has {_words(reading.raw, kind)} {reading.raw.way}. A preprocessing of its own seems "
        f"to be missing: every answer of an endpoint would be wrong. {FIX}"
    )
    return Verdict(warnings=(said,), rows=reading.raw.rows)


def _words(score: Score, kind: bool) -> str:
    """A score, and of what it is."""
    metric, candidate = "balanced accuracy" if kind else "R²", score.candidate
    rows = f"{len(candidate.target):,} rows of {candidate.file}"
    return f"{metric} {score.shown:.2f} on {rows} (target {candidate.name})"
