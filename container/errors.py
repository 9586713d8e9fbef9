"""Every failure a person can meet: one root, one subclass per cause.

`message` says what happened, with what was expected and what came; `hint` says what to do. Neither may hold a
traceback or a path of the server's own when the error can reach a response.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import ClassVar


def first_line(error: Exception) -> str:
    """What an error says, in one line and without places on this machine's disk."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return re.sub(r" (from '|\()/[^')]*['\)]", "", line)[:300]


class ContainerError(Exception):
    """Root of all expected failures. `code` is stable; `status` is what an HTTP caller gets."""

    code: ClassVar[str] = "internal_error"
    status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.trace = ""
        """A script's own part of the traceback, for the log."""

    def paragraph(self) -> str:
        """The failure as one human paragraph, for stderr and SageMaker's failure file."""
        return f"{self.message} {self.hint}".strip()


# The caller's request ------------------------------------------------------------------------------------------


class BadInput(ContainerError):
    """The body can't be read as rows of this model."""

    code = "bad_input"
    status = HTTPStatus.BAD_REQUEST


class EmptyBody(BadInput):
    """There is nothing in the body."""

    code = "empty_body"


class MalformedBody(BadInput):
    """The body is not what its Content-Type says."""

    code = "malformed_body"


class ColumnMismatch(BadInput):
    """Columns are missing, unknown, repeated, or too many or too few."""

    code = "column_mismatch"


class BadValue(BadInput):
    """One value isn't what its column holds."""

    code = "bad_value"


class PayloadTooLarge(ContainerError):
    """The body is over the limit."""

    code = "payload_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(ContainerError):
    """A Content-Type nothing here decodes."""

    code = "unsupported_media_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NotAcceptable(ContainerError):
    """An Accept nothing here can answer."""

    code = "not_acceptable"
    status = HTTPStatus.NOT_ACCEPTABLE


class NoPath(ContainerError):
    """The model has no trees whose paths are known."""

    code = "no_path"
    status = HTTPStatus.NOT_FOUND


class NotReady(ContainerError):
    """The model is not loaded (yet)."""

    code = "not_ready"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Busy(ContainerError):
    """More requests wait than this server can hold."""

    code = "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class PredictionFailed(ContainerError):
    """The model raised on rows that are as it wants them."""

    code = "prediction_failed"


class ScriptFailed(ContainerError):
    """The user's script raised on this request, or returned what can't be sent."""

    code = "script_failed"


# The operator's settings and artifacts ---------------------------------------------------------------------------


class SettingsError(ContainerError):
    """An environment variable holds what it can't."""

    code = "bad_setting"


class ArtifactError(ContainerError):
    """A model directory or archive that can't be used."""

    code = "bad_artifact"


class ModelNotFound(ArtifactError):
    """There is no model where one was expected."""

    code = "model_not_found"


class IntegrityError(ArtifactError):
    """A file is not the one its manifest vouches for."""

    code = "integrity"


class UnsafeArchive(ArtifactError):
    """An archive that would write outside its folder, or holds more than files and folders."""

    code = "unsafe_archive"


class NotAnEstimator(ArtifactError):
    """The model file holds something that can't be asked as scikit-learn's estimators are."""

    code = "not_an_estimator"


class IncompatibleModel(ArtifactError):
    """The libraries here can't read this model."""

    code = "incompatible_model"


class MissingLibrary(ArtifactError):
    """The model needs a library that isn't installed."""

    code = "missing_library"


class ScriptError(ArtifactError):
    """A user's script that can't be found, imported or used as it is."""

    code = "bad_script"


class PackingError(ContainerError):
    """An estimator that can't be packed, or whose packed form answers differently."""

    code = "packing_failed"


class ServerError(ContainerError):
    """The server can't start, for a reason other than the model (the port, for one)."""

    code = "server_failed"


class TrainingError(ContainerError):
    """Training can't go on: its data, its settings or its surroundings."""

    code = "training_failed"


class HyperparameterError(TrainingError):
    """A hyperparameter that is unknown, or whose value isn't allowed."""

    code = "bad_hyperparameter"
