"""An InvokeEndpointAsync request: how it is read from HTTP, and how it lies in the store until it is done."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from werkzeug.wrappers import Request

from local_test.emulator.errors import ServiceError
from local_test.emulator.limits import Limits
from local_test.emulator.store import Document, Key, Kind

PREFIX: Final = "X-Amzn-SageMaker-"
PASSED_ON: Final = ("Custom-Attributes", "Inference-Id")
"""Headers that the container sees as they came; Content-Type and Accept lose their prefix."""


class AsyncRequest(NamedTuple):
    """What to ask and where its answer goes. Times are in seconds, since 1970 where they are moments."""

    name: str
    """Its own, whatever the caller calls it."""
    region: str
    endpoint: str
    inference_id: str
    parameters: dict[str, str]
    """As notifications show them: accept, contentType, endpointName, inputLocation."""
    headers: dict[str, str]
    """For the container."""
    body: bytes
    """Inline; without one, the input lies at inputLocation."""
    received: float
    expires: float
    timeout: float
    output: str | None
    """s3://BUCKET/KEY, if the endpoint's configuration says where."""
    failure: str | None

    @property
    def key(self) -> Key:
        """Where it lies in the store."""
        return Key(Kind.ASYNC_REQUEST, self.region, self.name)

    @property
    def target(self) -> Key:
        """Whom it asks."""
        return Key(Kind.ENDPOINT, self.region, self.endpoint)

    def document(self) -> Document:
        """For the store."""
        return self._asdict() | {"body": base64.b64encode(self.body).decode()}

    @classmethod
    def of(cls, document: Document) -> AsyncRequest:
        """From the store."""
        return cls(**document | {"body": base64.b64decode(document["body"])})


def read(request: Request, region: str, endpoint: str, config: Mapping[str, Any], limits: Limits) -> AsyncRequest:
    """Read a request to an endpoint with this AsyncInferenceConfig. Raises ServiceError."""
    body = request.get_data()
    location = _header(request, "InputLocation")
    _check_input(location, body, limits)
    inference_id = _text(request, "Inference-Id", "inferenceId", r"\S[ -~]{0,63}") or str(uuid.uuid4())
    extension = _text(request, "S3OutputPathExtension", "s3OutputPathExtension", r"(?!s3:|https:)[\w!.*'()/-]{1,512}")
    filename = _text(request, "Filename", "filename", r"(?!.*\..*\.)[a-zA-Z0-9][\w.-]{0,31}")
    output = config["OutputConfig"]
    now = time.time()
    parameters = {
        "accept": _header(request, "Accept"),
        "contentType": _header(request, "Content-Type"),
        "endpointName": endpoint,
        "inputLocation": location,
    }
    return AsyncRequest(
        name=str(uuid.uuid4()),
        region=region,
        endpoint=endpoint,
        inference_id=inference_id,
        parameters={name: value for name, value in parameters.items() if value},
        headers=_headers(request, inference_id),
        body=body,
        received=now,
        expires=now + _seconds(request, "RequestTTLSeconds", "requestTTLSeconds", 60, 21600, 21600),
        timeout=_seconds(
            request, "InvocationTimeoutSeconds", "invocationTimeoutSeconds", 1, 3600, limits.async_invocation_seconds
        ),
        output=_joined(output.get("S3OutputPath"), extension, filename or f"{inference_id}.out"),
        failure=_joined(output.get("S3FailurePath"), "", f"{inference_id}-error.out"),
    )


def invalid(message: str) -> ServiceError:
    """What SageMaker Runtime calls a request that can't be."""
    return ServiceError("ValidationError", message)


def _check_input(location: str, body: bytes, limits: Limits) -> None:
    if bool(location) == bool(body):
        raise invalid("Body and InputLocation are mutually exclusive. Provide exactly one of them.")
    if location and not re.fullmatch(r"s3://[^/]+/.+", location):
        raise invalid(f"Value '{location}' at 'inputLocation' isn't s3://BUCKET/KEY; coppice local reads no other.")
    if len(body) > limits.async_inline_bytes:
        raise invalid(
            f"Value at 'body' failed to satisfy constraint: at most {limits.async_inline_bytes} bytes inline."
        )


def _headers(request: Request, inference_id: str) -> dict[str, str]:
    found = {name: value for name in ("Content-Type", "Accept") if (value := _header(request, name))}
    passed = {PREFIX + name: value for name in PASSED_ON if (value := _header(request, name))}
    return found | passed | {f"{PREFIX}Inference-Id": inference_id}


def _header(request: Request, name: str) -> str:
    return request.headers.get(PREFIX + name, "")


def _text(request: Request, header: str, member: str, pattern: str) -> str:
    value = _header(request, header)
    if value and not re.fullmatch(pattern, value, re.ASCII):
        raise _unsatisfied(value, member, f"Member must satisfy regular expression pattern: {pattern}")
    return value


def _seconds(request: Request, header: str, member: str, least: int, most: int, default: float) -> float:
    value = _header(request, header)
    if not value:
        return default
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise _unsatisfied(value, member, "Member must be an integer")
    if int(value) < least:
        raise _unsatisfied(value, member, f"Member must have value greater than or equal to {least}")
    if int(value) > most:
        raise _unsatisfied(value, member, f"Member must have value less than or equal to {most}")
    return int(value)


def _unsatisfied(value: str, member: str, constraint: str) -> ServiceError:
    return invalid(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    )


def _joined(path: str | None, extension: str, filename: str) -> str | None:
    if not path:
        return None
    return "/".join(part.strip("/") for part in (path, extension, filename) if part)
