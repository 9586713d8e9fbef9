"""One training run, from datasets to a model folder: the same for SageMaker's `train` and `coppice train`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import joblib
from sklearn.pipeline import Pipeline

from container.artifact.manifest import Manifest
from container.artifact.store import MODEL_FILE
from container.errors import TrainingError
from container.inference import sklearn_model
from container.packing.pack import EXAMPLE_ROWS, write_manifest
from container.training import fit
from container.training.data import Dataset
from container.training.hyperparameters import Hyperparameters

Scores = dict[str, dict[str, float]]


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
    log: Callable[[str], None],
) -> Trained:
    """Fit on `training`, measure on each of `held_out` (or on rows split from `training`), write the model folder.

    Each metric is logged as `channel:name=value`, for a SageMaker metric definition to match. Raises TrainingError.
    """
    task = fit.choose_task(training.target, settings.task, log)
    if "validation" not in held_out:
        training, validation = fit.split(training, task, settings)
        held_out = {"validation": validation, **held_out}
    held_out = {name: _aligned(dataset, training, name) for name, dataset in held_out.items()}
    pipeline = fit.build(training, task, settings)
    log(f"fitting {pipeline[-1].n_estimators} trees on {len(training):,} rows of {training.features.shape[1]} columns")
    fit.fit(pipeline, training, log)
    scores = {name: fit.evaluate(pipeline, dataset, task) for name, dataset in held_out.items()}
    for channel, found in scores.items():
        for name, value in found.items():
            log(f"{channel}:{name}={value:.6f}")
    return Trained(_write(pipeline, training, held_out["validation"], scores, model_dir), scores)


def _aligned(dataset: Dataset, like: Dataset, name: str) -> Dataset:
    """The dataset with its columns in the training data's order and of its types; raises TrainingError."""
    if dataset.named != like.named or set(dataset.features.columns) != set(like.features.columns):
        raise TrainingError(
            f"The {name} data has other columns than the training data: {list(dataset.features.columns)} "
            f"instead of {list(like.features.columns)}."
        )
    features = dataset.features[like.features.columns]
    for place in fit.text_columns(features):
        if place not in fit.text_columns(like.features):
            raise TrainingError(
                f"The {name} data has text in column {features.columns[place]!r}, where the training data has numbers."
            )
    return replace(dataset, features=features)


def _write(pipeline: Pipeline, training: Dataset, held_out: Dataset, scores: Scores, model_dir: Path) -> Manifest:
    model_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline, model_dir / MODEL_FILE)
    described = replace(
        sklearn_model.describe(pipeline),
        features=fit.describe_features(training),
        outputs=(str(training.target.name) if training.named else "prediction",),
        metrics={f"{channel}:{name}": value for channel, found in scores.items() for name, value in found.items()},
    )
    numeric = described.schema.numeric
    rows = held_out.features.head(max(EXAMPLE_ROWS, 100)).to_numpy(dtype=float if numeric else object)
    return write_manifest(model_dir, pipeline, described, rows)
