"""Small stand-ins for what scripts of AWS's containers import: sagemaker_containers, _inference and _training.

They are there for the few names that scripts use: media types, encode and decode, worker.Response, the errors, and what
a training script asks of its environment. Where the real packages are installed, those are used.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any, Final

import numpy as np

from container import contract

MEDIA_TYPES: Final = {
    "JSON": contract.JSON,
    "CSV": contract.CSV,
    "NPY": contract.NPY,
    "OCTET_STREAM": contract.OCTET_STREAM,
    "ANY": "*/*",
    "UTF8_TYPES": [contract.JSON, contract.CSV],
}


class Response:
    """What `worker.Response` makes: a body with its media type and status."""

    def __init__(
        self,
        response: Any = None,
        accept: str | None = None,
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
        mimetype: str | None = None,
        content_type: str | None = None,
    ) -> None:
        self.response = response
        self.media_type = content_type or mimetype or accept or contract.JSON
        self.status_code = int(status)
        self.headers = dict(headers or {})


class UnsupportedFormatError(Exception):
    """A media type that the script doesn't read (status 415) or write."""

    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self, content_type: str, **_: Any) -> None:
        super().__init__(f"Content type {content_type} is not supported by this script.")


class BaseInferenceToolkitError(Exception):
    """An answer with this status and message."""

    def __init__(self, status_code: int, message: str | None = None, phrase: str | None = None) -> None:
        super().__init__(message or phrase or "")
        self.status_code = status_code
        self.message = message or phrase or ""
        self.phrase = phrase or ""


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """The same by its other name."""


class ClientError(Exception):
    """The caller's fault."""

    status_code = HTTPStatus.BAD_REQUEST


def _text(body: str | bytes) -> str:
    return body if isinstance(body, str) else body.decode()


def json_to_numpy(body: str | bytes, dtype: Any = None) -> Any:
    """An array from a JSON list."""
    return np.array(json.loads(body), dtype=dtype)


def csv_to_numpy(body: str | bytes, dtype: Any = None) -> Any:
    """An array from CSV: numbers where all cells are numbers. One row stays a row."""
    rows = list(csv.reader(io.StringIO(_text(body))))
    try:
        return np.array([row for row in rows if row]).astype(dtype or np.float64)
    except ValueError:
        return np.array(rows)


def npy_to_numpy(body: bytes, dtype: Any = None) -> Any:
    """An array from .npy; never unpickled."""
    array = np.load(io.BytesIO(body), allow_pickle=False)
    return array if dtype is None else array.astype(dtype)


def array_to_json(array: Any) -> str:
    """A JSON list."""
    return json.dumps(array.tolist() if hasattr(array, "tolist") else array)


def array_to_csv(array: Any) -> str:
    """One line a row; what has one dimension becomes a column."""
    table = np.asarray(array)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table.reshape(len(table), -1) if table.ndim else [[table]])
    return out.getvalue()


def array_to_npy(array: Any) -> bytes:
    """The bytes of numpy.save."""
    out = io.BytesIO()
    np.save(out, np.asarray(array), allow_pickle=False)
    return out.getvalue()


_DECODERS: Final[dict[str, Callable[..., Any]]] = {
    contract.JSON: json_to_numpy,
    contract.CSV: csv_to_numpy,
    contract.NPY: npy_to_numpy,
}
_ENCODERS: Final[dict[str, Callable[[Any], str | bytes]]] = {
    contract.JSON: array_to_json,
    contract.CSV: array_to_csv,
    contract.NPY: array_to_npy,
}


def decode(body: Any, content_type: str) -> Any:
    """An array from a body; raises UnsupportedFormatError."""
    if content_type not in _DECODERS:
        raise UnsupportedFormatError(content_type)
    return _DECODERS[content_type](body)


def encode(array: Any, content_type: str) -> str | bytes:
    """A body from an array; raises UnsupportedFormatError."""
    if content_type not in _ENCODERS:
        raise UnsupportedFormatError(content_type)
    return _ENCODERS[content_type](array)


class DefaultInferenceHandler:
    """The toolkit's ways of reading and writing, for scripts that call or extend them."""

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:  # noqa: ARG002
        """An array from a body; raises UnsupportedFormatError."""
        return decode(input_data, content_type)

    def default_output_fn(self, prediction: Any, accept: str, context: Any = None) -> str | bytes:  # noqa: ARG002
        """A body from an array; raises UnsupportedFormatError."""
        return encode(prediction, accept)


def _training_environment(variables: Mapping[str, str]) -> Callable[[], SimpleNamespace]:
    def environment() -> SimpleNamespace:
        """A training's own folders, hyperparameters and machines: model_dir, channel_input_dirs, num_cpus, …"""
        if not variables.get("SM_TRAINING_ENV"):
            raise RuntimeError("SM_TRAINING_ENV isn't set: only a training has this environment.")
        return SimpleNamespace(**json.loads(variables["SM_TRAINING_ENV"]))

    return environment


def register(variables: Mapping[str, str] = MappingProxyType({})) -> None:
    """Make the stand-ins importable, each where nothing of its name is installed.

    `variables` are a training's environment variables.
    """
    training = _training_environment(variables)
    codecs = {
        name: globals()[name]
        for name in (
            *("json_to_numpy", "csv_to_numpy", "npy_to_numpy", "array_to_json", "array_to_csv", "array_to_npy"),
            *("encode", "decode"),
        )
    }
    errors = {"UnsupportedFormatError": UnsupportedFormatError, "ClientError": ClientError}
    _register(
        "sagemaker_containers",
        {
            "beta": {},
            "beta.framework": {},
            "beta.framework.content_types": MEDIA_TYPES,
            "beta.framework.encoders": codecs,
            "beta.framework.worker": {"Response": Response},
            "beta.framework.errors": errors,
            "beta.framework.env": {"TrainingEnv": training},
            "beta.framework.modules": {},
            "beta.framework.transformer": {},
        },
        {"training_env": training},
    )
    _register("sagemaker_training", {"environment": {"Environment": training}})
    _register(
        "sagemaker_inference",
        {
            "content_types": MEDIA_TYPES,
            "decoder": codecs,
            "encoder": codecs,
            "errors": {
                **errors,
                "BaseInferenceToolkitError": BaseInferenceToolkitError,
                "GenericInferenceToolkitError": GenericInferenceToolkitError,
            },
            "default_inference_handler": {"DefaultInferenceHandler": DefaultInferenceHandler},
            "environment": {},
            "utils": {},
        },
    )


def _register(
    package: str, modules: Mapping[str, Mapping[str, Any]], content: Mapping[str, Any] = MappingProxyType({})
) -> None:
    if package in sys.modules or importlib.util.find_spec(package) is not None:
        return
    _module(package, content)
    for name, names in modules.items():
        made = _module(f"{package}.{name}", names)
        parent, _, last = made.__name__.rpartition(".")
        setattr(sys.modules[parent], last, made)


def _module(name: str, content: Mapping[str, Any]) -> ModuleType:
    module = ModuleType(name, __doc__)
    module.__path__ = []
    vars(module).update(content)
    sys.modules[name] = module
    return module
