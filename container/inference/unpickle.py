"""Unpickles an estimator whose hash was checked, or says why that can't be done in words that help to mend it."""

from __future__ import annotations

import logging
import pickle
import re
import warnings
from typing import Any, Final

from container import logs
from container.artifact.store import Artifact
from container.errors import (
    ArtifactError,
    ContainerError,
    IncompatibleModel,
    MissingLibrary,
    NotAnEstimator,
    first_line,
)

_OWN_CODE: Final = (
    "Define it in a module of its own beside the training script, import it from there, and train again; `train` takes "
    "that module along, and so does coppice pack MODEL --code DIR."
)


def read_estimator(artifact: Artifact) -> tuple[Any, str]:
    """Unpickle the artifact's model file after its hash was checked; raises MissingLibrary, IncompatibleModel or
    ArtifactError.

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
            "model was written by another scikit-learn",
            level=logging.WARNING,
            written_by=written,
            here=sklearn.__version__,
        )
    if not hasattr(estimator, "predict"):
        raise NotAnEstimator(
            f"{artifact.model_file} holds {type(estimator).__name__}, which has no predict method.",
            "Save the fitted estimator or Pipeline itself, with joblib.dump(estimator, 'model.joblib').",
        )
    return estimator, written


def _version_in(pickled: bytes) -> str:
    """The scikit-learn version an estimator notes in its pickle, without unpickling it."""
    match = re.search(rb"_sklearn_version[^0-9]{1,12}(\d+(\.\d+)+((a|b|rc|\.dev|\.post)\d+)*)", pickled)
    return match.group(1).decode() if match else ""


def _explain(error: Exception, name: str, written: str, here: str) -> ContainerError:
    """Why a model file can't be unpickled, as the person who has to mend it would put it."""
    reason = first_line(error)
    if isinstance(error, ModuleNotFoundError) and (module := (error.name or "")).partition(".")[0] != "sklearn":
        return MissingLibrary(
            f"{name} needs the Python package {module!r}, which isn't installed here.",
            "Add it to the image (FROM this image, then install it); a module of your own goes with the model: "
            "coppice pack MODEL --code DIR.",
        )
    if isinstance(error, AttributeError) and "__main__" in reason:
        return ArtifactError(f"{name} needs what was defined in a script: {reason}.", _OWN_CODE)
    cut_off = isinstance(error, EOFError | pickle.UnpicklingError) or reason.startswith("EOF")
    if written and written != here and not cut_off:
        return IncompatibleModel(
            f"{name} was written by scikit-learn {written}; here is {here}, which can't read it: {reason}.",
            f"Serve it with scikit-learn {written}, or train and pack it again with {here}.",
        )
    return ArtifactError(
        f"{name} can't be unpickled ({type(error).__name__}: {reason}); it is broken or not a joblib file.",
        "Write it again with joblib.dump(estimator, 'model.joblib').",
    )
