"""The scikit-learn engine: unpickles the estimator (its hash was checked) and lets it answer.

joblib, scikit-learn and pandas are imported here and nowhere else on the server's side, when such a model is loaded.
"""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any, Final

import numpy as np

from container import logs
from container.artifact.manifest import Feature, Manifest, Schema, Task
from container.artifact.store import Artifact
from container.codecs.rows import Array, plain
from container.errors import ArtifactError, ContainerError, IncompatibleModel, MissingLibrary
from container.inference.model import LoadedModel, RowRejected, example_rows
from container.inference.validate import not_finite

logger = logging.getLogger(logs.ROOT)

_OWN_CODE: Final = "Its class must be importable where it is served: put it in a package that the image installs."


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
        return self._call("predict", rows)  # type: ignore[no-any-return]

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
        if not self._as_frame:
            return rows
        import pandas as pd

        columns = {
            feature.name: pd.Series(rows[:, index].astype(_FRAME_DTYPES[feature.dtype]))
            for index, feature in enumerate(self._schema.features)
        }
        return pd.DataFrame(columns)

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
        return RowRejected(low, column, _first_line(error))


_FRAME_DTYPES: Final = {"float64": np.float64, "int64": np.float64, "bool": object, "string": object}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def load(artifact: Artifact) -> LoadedModel:
    """Unpickle and describe a model; raises MissingLibrary, IncompatibleModel or ArtifactError."""
    estimator, _ = read_estimator(artifact)
    if artifact.manifest is None:
        return adopt(estimator, describe(estimator))
    return adopt(estimator, artifact.manifest)


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
    )


def use_one_core(estimator: Any) -> None:
    """Predict on the thread that asks: joblib's pools cost milliseconds, need /dev/shm, and add trees up in an order
    that changes from call to call, and with it the last bits of the answer."""
    if hasattr(estimator, "get_params"):
        jobs = [name for name in estimator.get_params() if name.split("__")[-1] == "n_jobs"]
        estimator.set_params(**dict.fromkeys(jobs, 1))


def read_estimator(artifact: Artifact) -> tuple[Any, str]:
    """Unpickle the artifact's model file after its hash was checked; raises as `load`.

    Returns the estimator and the scikit-learn version it was written by, as far as that is known.
    """
    try:
        import joblib
        import sklearn
    except ImportError:
        raise MissingLibrary(
            "This model needs scikit-learn, which isn't installed here.",
            "Serve it with the full image (docker build --target full), or install coppice[full].",
        ) from None
    written = artifact.manifest.versions.get("scikit-learn", "") if artifact.manifest else ""
    with artifact.open(artifact.model_file) as file, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator = joblib.load(file)
        except Exception as error:  # noqa: BLE001 - unpickling a foreign file can raise anything
            file.seek(0)
            raise _explain(
                error, artifact.model_file, written or _version_in(file.read()), sklearn.__version__
            ) from None
    found = [str(w.message.original_sklearn_version) for w in caught if hasattr(w.message, "original_sklearn_version")]
    written = written or (found[0] if found else sklearn.__version__)
    if written != sklearn.__version__:
        logs.event(
            logger,
            "model was written by another scikit-learn",
            level=logging.WARNING,
            written_by=written,
            here=sklearn.__version__,
        )
    if not hasattr(estimator, "predict"):
        raise ArtifactError(
            f"{artifact.model_file} holds {type(estimator).__name__}, which has no predict method.",
            "Save the fitted estimator or Pipeline itself, with joblib.dump(estimator, 'model.joblib').",
        )
    return estimator, written


def _version_in(pickled: bytes) -> str:
    """The scikit-learn version an estimator notes in its pickle, without unpickling it."""
    match = re.search(rb"_sklearn_version[^0-9]{1,12}(\d+\.\d+[.\w]*)", pickled)
    return match.group(1).decode() if match else ""


def _explain(error: Exception, name: str, written: str, here: str) -> ContainerError:
    """Why a model file can't be unpickled, as the person who has to mend it would put it."""
    reason = _first_line(error)
    if isinstance(error, ImportError) and (module := (error.name or "")) and not module.startswith("sklearn"):
        return MissingLibrary(
            f"{name} needs the Python package {module.split('.')[0]!r}, which isn't installed here.",
            "Add it to the image (FROM this image, then install it), or serve where it is installed.",
        )
    if isinstance(error, AttributeError) and "__main__" in reason:
        return ArtifactError(f"{name} needs a class that was defined in a script: {reason}.", _OWN_CODE)
    if written and written != here:
        return IncompatibleModel(
            f"{name} was written by scikit-learn {written}; here is {here}, which can't read it: {reason}.",
            f"Serve it with scikit-learn {written}, or train and pack it again with {here}.",
        )
    return ArtifactError(
        f"{name} can't be unpickled ({type(error).__name__}: {reason}); it is broken or not a joblib file.",
        "Write it again with joblib.dump(estimator, 'model.joblib').",
    )


def describe(estimator: Any) -> Manifest:
    """What an estimator says of itself, as a manifest without files, example or versions.

    Raises ArtifactError for one that isn't fitted.
    """
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise ArtifactError(
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
