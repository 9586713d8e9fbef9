"""The scikit-learn engine: the estimator itself, what it says of itself, and how it is asked.

scikit-learn and pandas are imported here and in unpickle.py, and nowhere else on the server's side, when such a model
is loaded.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from container.artifact.manifest import Feature, Manifest, Schema, Task
from container.artifact.store import Artifact
from container.codecs.rows import Array, plain
from container.errors import IncompatibleModel, NotAnEstimator, first_line
from container.inference.model import LoadedModel, RowRejected, example_rows
from container.inference.unpickle import read_estimator
from container.inference.validate import not_finite


class SklearnModel:
    """Wraps a fitted estimator. `as_frame` gives it a DataFrame, for what selects columns by name."""

    def __init__(self, estimator: Any, schema: Schema, as_frame: bool, good_rows: Array | None = None) -> None:
        self._estimator = estimator
        self._schema = schema
        self._as_frame = as_frame
        self._good_rows = good_rows
        if not as_frame:  # the columns were put in order by name already; frames only cost time
            warnings.filterwarnings("ignore", message="X does not have valid feature names")

    def predict(self, rows: Array) -> Array:
        """See Model."""
        return np.asarray(self._call("predict", rows))

    def predict_proba(self, rows: Array) -> list[Array]:
        """See Model."""
        found = self._call("predict_proba", rows)
        return list(found) if isinstance(found, list) else [found]

    def _call(self, method: str, rows: Array) -> Any:
        call = getattr(self._estimator, method)
        try:
            return call(self._input(rows))
        except Exception as error:
            if not self._is_about_the_rows(call, error):
                raise
            raise self._locate(call, rows) from None

    def _input(self, rows: Array) -> Any:
        return frame(rows, self._schema) if self._as_frame else rows

    def _is_about_the_rows(self, call: Any, error: Exception) -> bool:
        """Whether the caller is to blame: rows known to be good still work."""
        if self._good_rows is None:
            return isinstance(error, ValueError)
        try:
            call(self._input(self._good_rows))
        except Exception:  # noqa: BLE001 - a user's estimator may raise anything; the first error is the one reported
            return False
        return True

    def _locate(self, call: Any, rows: Array) -> RowRejected:
        """The first row that fails by itself, found by halving; `rows` are known to fail."""
        low, high = 0, len(rows)  # rows[:low] pass, rows[:high] fail
        error: Exception = ValueError("it can't be predicted")
        while high - low > 1:
            middle = (low + high) // 2
            try:
                call(self._input(rows[low:middle]))
                low = middle
            except Exception:  # noqa: BLE001 - as above
                high = middle
        try:
            call(self._input(rows[low:high]))
        except Exception as last:  # noqa: BLE001 - as above
            error = last
        column = None
        if self._schema.numeric and (place := not_finite(rows[low:high])):
            column = place[1]
        return RowRejected(low, column, first_line(error))


_FRAME_DTYPES: Final = {"float64": np.float64, "int64": np.float64, "bool": object, "string": object}


def frame(rows: Array, schema: Schema) -> Any:
    """Rows (n, features) as a DataFrame with the model's columns and dtypes."""
    import pandas as pd

    columns = {
        feature.name: pd.Series(rows[:, index].astype(_FRAME_DTYPES[feature.dtype]))
        for index, feature in enumerate(schema.features)
    }
    return pd.DataFrame(columns)


def load(artifact: Artifact) -> LoadedModel:
    """Unpickle and describe a model; raises MissingLibrary, IncompatibleModel or ArtifactError."""
    estimator, written = read_estimator(artifact)
    manifest = artifact.manifest or describe(estimator)
    if manifest.example is None:
        _try_out(estimator, manifest, written)
    return adopt(estimator, manifest)


def _try_out(estimator: Any, manifest: Manifest, written: str) -> None:
    """Where no example tells, see that the estimator finds all that it needs of itself: what another scikit-learn
    wrote may load and then lack an attribute. Any other refusal of a row of zeros says nothing."""
    schema = manifest.schema
    if not schema.numeric:
        return
    zeros = np.zeros((1, len(schema.features)))
    try:
        estimator.predict(frame(zeros, schema) if manifest.input == "frame" else zeros)
    except AttributeError as error:
        raise IncompatibleModel(
            f"The model was written by scikit-learn {written}; here is {version('scikit-learn')}, with which it loads "
            f"but can't predict: {first_line(error)}.",
            "If it is fitted, serve it with the version that wrote it, or train it again with the one here.",
        ) from None
    except Exception:  # noqa: BLE001 - a user's estimator may raise anything
        return


def adopt(estimator: Any, manifest: Manifest) -> LoadedModel:
    """A fitted estimator, and what its manifest says of it, as a model that answers."""
    use_one_core(estimator)
    schema, example = manifest.schema, manifest.example
    good_rows = example_rows(example, schema) if example else None
    return LoadedModel(
        model=SklearnModel(estimator, schema, manifest.input == "frame", good_rows),
        engine="sklearn",
        task=manifest.task,
        schema=schema,
        outputs=manifest.outputs,
        classes=manifest.classes,
        has_probabilities=manifest.task == "classification" and hasattr(estimator, "predict_proba"),
        model_id=manifest.model_id,
        example=example,
        estimator=_class_of(estimator),
        importances=manifest.importances,
        versions=manifest.versions,
    )


def _class_of(estimator: Any) -> str:
    """The class of what predicts: a pipeline's is its last step's."""
    while steps := getattr(estimator, "steps", None):
        estimator = steps[-1][1]
    return type(estimator).__name__


def use_one_core(estimator: Any) -> None:
    """Predict on the thread that asks: joblib's pools cost milliseconds, need /dev/shm, and add trees up in an order
    that changes from call to call, and with it the last bits of the answer."""
    if isinstance(estimator, list | tuple | dict):
        for part in estimator.values() if isinstance(estimator, dict) else estimator:
            use_one_core(part)
    elif hasattr(estimator, "get_params") and not isinstance(estimator, type):
        # Not only its parameters: a search's best_estimator_ and an ensemble's estimators_ are what answers.
        for name, part in vars(estimator).items():
            if name == "n_jobs":
                estimator.n_jobs = 1
            else:
                use_one_core(part)


def describe(estimator: Any) -> Manifest:
    """What an estimator says of itself, as a manifest without files, example or versions.

    Raises NotAnEstimator for one that isn't fitted.
    """
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise NotAnEstimator(
            f"This {type(estimator).__name__} doesn't say how many columns it takes (n_features_in_): it isn't fitted, "
            "or it isn't made for rows of columns.",
            "Fit it before saving it.",
        )
    names = [str(name) for name in getattr(estimator, "feature_names_in_", [])] or [""] * width
    text = text_columns(estimator, names)
    classes = classes_of(estimator)
    outputs = len(classes) if classes else int(getattr(estimator, "n_outputs_", 1))
    return Manifest(
        task=task_of(estimator),
        engine="sklearn",
        input="frame" if names[0] else "array",
        features=tuple(Feature(name, "string" if index in text else "float64") for index, name in enumerate(names)),
        outputs=("prediction",) if outputs == 1 else tuple(f"prediction_{index}" for index in range(outputs)),
        classes=classes,
        versions={},
        files={},
    )


def task_of(estimator: Any) -> Task:
    """What scikit-learn takes the estimator for."""
    from sklearn.base import is_classifier, is_regressor

    if is_classifier(estimator):
        return "classification"
    return "regression" if is_regressor(estimator) else "other"


def classes_of(estimator: Any) -> tuple[tuple[Any, ...], ...] | None:
    """A classifier's labels, one tuple for each output; None for anything else."""
    classes = getattr(estimator, "classes_", None) if task_of(estimator) == "classification" else None
    if classes is None:
        return None
    per_output = classes if isinstance(classes, list) else [classes]
    return tuple(tuple(plain(np.asarray(labels))) for labels in per_output)


def text_columns(estimator: Any, names: list[str]) -> set[int]:
    """The columns (0-based) that a fitted encoder knows as categories of text."""
    if hasattr(estimator, "steps"):
        return text_columns(estimator.steps[0][1], names) if estimator.steps else set()
    if hasattr(estimator, "categories_"):
        return {index for index, labels in enumerate(estimator.categories_) if np.asarray(labels).dtype.kind in "OUT"}
    found: set[int] = set()
    if hasattr(estimator, "statistics_"):  # an imputer's, which stand for what is missing
        return {index for index, value in enumerate(estimator.statistics_) if isinstance(value, str)}
    for _, transformer in getattr(estimator, "transformer_list", []):  # a union's: each takes all columns
        found |= text_columns(transformer, names)
    for _, transformer, columns in getattr(estimator, "transformers_", []):
        places = _places(columns, names)
        found |= {places[index] for index in text_columns(transformer, [names[place] for place in places])}
    return found


def _places(columns: Any, names: list[str]) -> list[int]:
    """A ColumnTransformer's selection (names, positions, a slice or a mask) as positions."""
    if isinstance(columns, str | int):
        columns = [columns]
    if not isinstance(columns, slice) and len(columns) and isinstance(columns[0], str):
        return [names.index(name) for name in columns]
    return [int(place) for place in np.arange(len(names))[columns]]
