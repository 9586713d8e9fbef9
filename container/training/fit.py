"""Fits a RandomForest behind what preprocesses its columns, as one Pipeline, and measures it on rows it hasn't seen."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from container import resources
from container.artifact.manifest import DType, Feature
from container.errors import HyperparameterError, TrainingError
from container.training.data import Dataset
from container.training.hyperparameters import CLASSIFICATION_CRITERIA, REGRESSION_CRITERIA, Hyperparameters

Log = Callable[[str], None]

MOST_CLASSES: Final = 20
"""A target of whole numbers with more distinct values than this is a quantity."""

PROGRESS_SECONDS: Final = 10.0
"""How often a long fit says how far it is."""


def choose_task(target: pd.Series[Any], wanted: str, log: Log) -> str:
    """Regression or classification: as wanted, or by what the target holds, which is said. Raises TrainingError."""
    numeric = pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target)
    if wanted == "regression" and not numeric:
        raise TrainingError(
            f"The target {target.name!r} holds {str(target.iloc[0])!r}, which is no number: it can't be regressed on.",
            "Set the hyperparameter task to classification, or target to a column of numbers.",
        )
    if wanted != "auto":
        return wanted
    distinct = target.nunique()
    if not numeric:
        task, why = "classification", "the target is not a number"
    elif distinct <= MOST_CLASSES and (target == target.round()).all():
        task, why = "classification", f"the target has only {distinct} different whole number{'s' * (distinct > 1)}"
    else:
        task, why = "regression", "the target is a quantity"
    if task == "classification" and distinct == 1:
        why += f", {target.iloc[0]}, so there is nothing to learn from it"
    log(f"task: {task}, because {why}; the hyperparameter task overrides this")
    return task


def split(dataset: Dataset, task: str, settings: Hyperparameters) -> tuple[Dataset, Dataset]:
    """Rows to fit and rows to measure on; by class where every class can be in both. Raises TrainingError."""
    if len(dataset) < 2:
        raise TrainingError(
            "One row can't be split into training and validation.", "Add rows, or a validation channel."
        )
    counts = dataset.target.value_counts()
    held_out = math.ceil(len(dataset) * settings.validation_fraction)
    if held_out >= len(dataset):
        raise HyperparameterError(
            f"The hyperparameter validation_fraction is {settings.validation_fraction:g}, "
            f"which leaves none of the {len(dataset)} rows to train on."
        )
    by_class = task == "classification" and counts.min() >= 2 and len(counts) <= min(held_out, len(dataset) - held_out)
    fitted, held = train_test_split(
        np.arange(len(dataset)),
        test_size=settings.validation_fraction,
        random_state=settings.random_state,
        stratify=dataset.target if by_class else None,
    )
    return dataset.take(fitted), dataset.take(held)


def inputs(dataset: Dataset) -> Any:
    """Features as the estimator is given them: a frame where columns have names, else an array."""
    features = dataset.features
    truths = [name for name, dtype in features.dtypes.items() if isinstance(dtype, pd.BooleanDtype)]
    features = features.astype(dict.fromkeys(truths, np.float64))
    if dataset.named:
        return features
    return features.to_numpy(dtype=object if text_columns(features) else np.float64)


def answers(dataset: Dataset, labels: bool) -> Any:
    """The target as the forest is given it. Whole numbers stay whole as labels, even where pandas made them floats."""
    target = dataset.target.to_numpy()
    if target.dtype.kind not in "biuf":
        return target.astype(object)
    if labels and target.dtype.kind == "f" and (target == target.astype(np.int64)).all():
        return target.astype(np.int64)
    return target


def text_columns(features: pd.DataFrame) -> list[int]:
    """Positions of the columns that hold text."""
    return [place for place, dtype in enumerate(features.dtypes) if not pd.api.types.is_numeric_dtype(dtype)]


def describe_features(dataset: Dataset) -> tuple[Feature, ...]:
    """The columns as the manifest has them."""
    return tuple(
        Feature(str(name) if dataset.named else "", _dtype(dtype)) for name, dtype in dataset.features.dtypes.items()
    )


def _dtype(dtype: Any) -> DType:
    if pd.api.types.is_bool_dtype(dtype):
        return "bool"
    if pd.api.types.is_integer_dtype(dtype):
        return "int64"
    return "float64" if pd.api.types.is_numeric_dtype(dtype) else "string"


def build(dataset: Dataset, task: str, settings: Hyperparameters) -> Pipeline:
    """The unfitted Pipeline: text columns become numbers, which is what a forest splits; the rest passes as it is."""
    allowed = CLASSIFICATION_CRITERIA if task == "classification" else REGRESSION_CRITERIA
    options = {"n_jobs": resources.cpus(), **settings.forest}
    if (criterion := options.get("criterion")) and criterion not in allowed:
        raise HyperparameterError(
            f"The hyperparameter criterion is {criterion!r}; allowed for {task} is {', '.join(allowed)}."
        )
    if task == "regression" and "class_weight" in options:
        raise HyperparameterError("The hyperparameter class_weight is for classification; the task is regression.")
    forest = (RandomForestClassifier if task == "classification" else RandomForestRegressor)(**options)
    steps: list[tuple[str, Any]] = [("forest", forest)]
    if text := text_columns(dataset.features):
        categories = [_categories(dataset.features.iloc[:, place]) for place in text]
        encoder = OrdinalEncoder(categories=categories, handle_unknown="use_encoded_value", unknown_value=-1)
        columns = [dataset.features.columns[place] for place in text] if dataset.named else text
        steps.insert(0, ("columns", ColumnTransformer([("text", encoder, columns)], remainder="passthrough")))
    return Pipeline(steps)


def _categories(column: pd.Series[Any]) -> Any:
    """A column's texts, and NaN where some are missing; never NaN alone, which the encoder can't compare with text."""
    texts = sorted(column.dropna().unique()) or [""]
    return np.array([*texts, np.nan] if column.isna().any() else texts, dtype=object)


def fit(pipeline: Pipeline, dataset: Dataset, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
    """Fit, tree by tree where it takes long, so that progress can be told; the forest is the one a single fit gives."""
    forest = pipeline[-1]
    wanted = forest.n_estimators
    rows, target = inputs(dataset), answers(dataset, is_classifier(forest))
    if len(pipeline) > 1:
        rows = pipeline[:-1].fit_transform(rows)
    started = clock()
    forest.set_params(warm_start=True, n_estimators=min(wanted, max(1, resources.cpus())))
    try:
        while True:
            with warnings.catch_warnings():
                # Growing in steps draws the same seeds and sees the same rows, which this warning can't know.
                warnings.filterwarnings("ignore", message=".*warm_start.*")
                forest.fit(rows, target)
            grown, spent = forest.n_estimators, clock() - started
            if grown >= wanted:
                break
            if spent > 1:
                left = spent / grown * (wanted - grown)
                log(f"progress: {grown} of {wanted} trees after {spent:.0f} s, {left:.0f} s to go")
            step = max(1, int(grown * PROGRESS_SECONDS / max(spent, 1e-9)))
            forest.set_params(n_estimators=min(wanted, grown + step))
    except ValueError as error:
        raise TrainingError(f"scikit-learn refuses: {(str(error).splitlines() or ['?'])[0]}") from None
    # n_jobs was for fitting. On one core trees add up in one order, so that answers are the same every time.
    forest.set_params(warm_start=False, n_jobs=None)


def evaluate(pipeline: Pipeline, dataset: Dataset, task: str) -> dict[str, float]:
    """Metrics on rows the model hasn't seen: rmse, mae, r2; or accuracy, f1 (macro) and log_loss."""
    rows = inputs(dataset)
    predicted = pipeline.predict(rows)
    if task == "regression":
        truth = answers(dataset, labels=False)
        found = {
            "rmse": metrics.root_mean_squared_error(truth, predicted),
            "mae": metrics.mean_absolute_error(truth, predicted),
        }
        if len(truth) > 1:
            found["r2"] = metrics.r2_score(truth, predicted)
    else:
        classes = pipeline.classes_
        truth = answers(dataset, labels=True)
        found = {
            "accuracy": metrics.accuracy_score(truth, predicted),
            "f1": metrics.f1_score(truth, predicted, average="macro", zero_division=0),
        }
        if len(classes) > 1 and set(truth) <= set(classes):
            found["log_loss"] = metrics.log_loss(truth, pipeline.predict_proba(rows), labels=classes)
    return {name: float(value) for name, value in found.items()}
