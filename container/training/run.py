"""One training run, from datasets to a model folder: the same for SageMaker's `train` and `coppice train`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import joblib
import numpy as np
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn.pipeline import Pipeline

from container.artifact.manifest import Manifest
from container.artifact.store import MODEL_FILE
from container.errors import TrainingError
from container.inference import sklearn_model
from container.packing.write import write_manifest
from container.training import fit
from container.training.data import Dataset
from container.training.hyperparameters import Hyperparameters

Scores = dict[str, dict[str, float]]

CHECKED_ROWS: Final = 100
"""How many held-out rows the written model must answer as the fitted one does."""


@dataclass(frozen=True)
class Trained:
    """What a run made: the manifest in the model folder, and the metrics by channel."""

    manifest: Manifest
    scores: Scores


def train(
    training: Dataset,
    held_out: dict[str, Dataset],
    settings: Hyperparameters,
    model_dir: Path,
    log: fit.Log,
) -> Trained:
    """Fit on `training`, measure on each of `held_out` (or on rows split from `training`), write the model folder.

    Each metric is logged as `channel:name=value`, for a SageMaker metric definition to match. Raises TrainingError.
    """
    for name, dataset in {"training": training, **held_out}.items():
        _check_finite(dataset, name)
    task = fit.choose_task(training.target, settings.task, log)
    if "validation" not in held_out:
        training, validation = fit.split(training, task, settings)
        held_out = {"validation": validation, **held_out}
    held_out = {name: _aligned(dataset, training, name) for name, dataset in held_out.items()}
    for place in fit.text_columns(training.features):
        column = training.features.iloc[:, place]
        log(f"column {column.name} holds text, {column.nunique():,} different ones: each counts as a category")
    pipeline = fit.build(training, task, settings)
    log(f"fitting {pipeline[-1].n_estimators} trees on {len(training):,} rows of {training.features.shape[1]} columns")
    fit.fit(pipeline, training, log)
    scores = {name: fit.evaluate(pipeline, dataset, task) for name, dataset in held_out.items()}
    for channel, found in scores.items():
        for name, value in found.items():
            log(f"{channel}:{name}={np.format_float_positional(value, precision=8, fractional=False, trim='0')}")
    return Trained(_write(pipeline, training, held_out["validation"], scores, model_dir, log), scores)


def _aligned(dataset: Dataset, like: Dataset, name: str) -> Dataset:
    """The dataset with its columns in the training data's order and of its types; raises TrainingError."""
    if dataset.named != like.named or set(dataset.features.columns) != set(like.features.columns):
        raise TrainingError(
            f"The {name} data has other columns than the training data: {_columns(dataset)} instead of "
            f"{_columns(like)}.",
            "Both need the same columns, and both or neither a header row.",
        )
    features = dataset.features[like.features.columns]
    for place in fit.text_columns(like.features):  # where this data has but numbers in it, they are text all the same
        column = features.columns[place]
        text = features[column].astype(object).map(str, na_action="ignore")
        features[column] = text.astype(object)
    for place in fit.text_columns(features):
        if place not in fit.text_columns(like.features):
            raise TrainingError(
                f"The {name} data has text in column {features.columns[place]!r}, where the training data has numbers."
            )
    if is_numeric_dtype(dataset.target) != is_numeric_dtype(like.target):
        held, trained = ("numbers" if is_numeric_dtype(data.target) else "text" for data in (dataset, like))
        raise TrainingError(f"The {name} data has {held} as its target, where the training data has {trained}.")
    return replace(dataset, features=features)


def _columns(dataset: Dataset) -> str:
    names = [*dataset.features.columns]
    if not dataset.named:
        return f"{len(names)} without names"
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")


def _check_finite(dataset: Dataset, name: str) -> None:
    """A forest holds features as float32, and neither takes infinity for a number; raises TrainingError."""
    largest = np.finfo(np.float32).max
    for column, limit in [*((dataset.features[key], largest) for key in dataset.features), (dataset.target, np.inf)]:
        if not is_numeric_dtype(column) or is_bool_dtype(column):
            continue
        size = column.abs()
        bad = column[(size > limit) | (size == np.inf)]
        if len(bad):
            place = f"column {column.name}" + " (counted from 0)" * (not dataset.named)
            row = int(str(bad.index[0])) + 1
            raise TrainingError(
                f"The {name} data holds {bad.iloc[0]} in row {row}, {place}: too large for a forest.",
                "Leave the row out, or leave the cell empty for a missing value.",
            )


def _write(
    pipeline: Pipeline, training: Dataset, held_out: Dataset, scores: Scores, model_dir: Path, log: fit.Log
) -> Manifest:
    model_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline, model_dir / MODEL_FILE)
    described = sklearn_model.describe(pipeline)._replace(
        features=fit.describe_features(training),
        outputs=(str(training.target.name) if training.named else "prediction",),
        metrics={f"{channel}:{name}": value for channel, found in scores.items() for name, value in found.items()},
    )
    features = held_out.features.head(CHECKED_ROWS)
    if described.schema.numeric:
        rows = features.to_numpy(dtype=np.float64)
    else:  # as serving has them: NaN for a missing text or truth value
        rows = features.astype(object).where(features.notna(), np.nan).to_numpy()
    return write_manifest(model_dir, pipeline, described, rows, say=log)
