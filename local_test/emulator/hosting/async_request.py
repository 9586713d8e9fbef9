"""An InvokeEndpointAsync request: how it is read from HTTP, and how it lies in the store until it is done."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from werkzeug.wrappers import Request

from local_test.emulator.hosting.failures import invalid
from local_test.emulator.hosting.request_headers import ASCII, PREFIX, PRINTABLE, Member, check, for_container
from local_test.emulator.limits import Limits
from local_test.emulator.store import Document, Key, Kind

LONGEST_TTL: Final = 21600
HEADERS: Final = (
    Member("contentType", f"{PREFIX}Content-Type", 1024, ASCII, "Content-Type"),
    Member("accept", f"{PREFIX}Accept", 1024, ASCII, "Accept"),
    Member("customAttributes", f"{PREFIX}Custom-Attributes", 1024, ASCII, f"{PREFIX}Custom-Attributes"),
    Member("inferenceId", f"{PREFIX}Inference-Id", 64, PRINTABLE, f"{PREFIX}Inference-Id"),
    Member("inputLocation", f"{PREFIX}InputLocation", 1024, "(https|s3)://([^/]+)/?(.*)"),
    Member("s3OutputPathExtension", f"{PREFIX}S3OutputPathExtension", 512, r"(?!s3:|https:)[a-zA-Z0-9!_.*'()/-]+"),
    Member("filename", f"{PREFIX}Filename", 32, r"(?!.*\..*\.)[a-zA-Z0-9][a-zA-Z0-9\-_.]*"),
)
"""InvokeEndpointAsync's text members, as botocore's model has them."""


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
    check(request.headers, HEADERS, endpoint)
    location = _header(request, "InputLocation")
    _check_input(location, body, limits)
    inference_id = _header(request, "Inference-Id") or str(uuid.uuid4())
    filename = _header(request, "Filename") or f"{inference_id}.out"
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
        headers=dict(for_container(request.headers, HEADERS)) | {f"{PREFIX}Inference-Id": inference_id},
        body=body,
        received=now,
        expires=now + _seconds(request, "RequestTTLSeconds", 60, LONGEST_TTL, LONGEST_TTL),
        timeout=_seconds(request, "InvocationTimeoutSeconds", 1, 3600, limits.async_invocation_seconds),
        output=_joined(output.get("S3OutputPath"), _header(request, "S3OutputPathExtension"), filename),
        failure=_joined(output.get("S3FailurePath"), "", f"{inference_id}-error.out"),
    )


def _check_input(location: str, body: bytes, limits: Limits) -> None:
    if bool(location) == bool(body):
        raise invalid("Body and InputLocation are mutually exclusive. Provide exactly one of them.")
    if location and not re.fullmatch(r"s3://[^/]+/.+", location):
        raise invalid(f"Value '{location}' at 'inputLocation' isn't s3://BUCKET/KEY; coppice local reads no other.")
    if len(body) > limits.async_inline_bytes:
        raise invalid(
            f"Value at 'body' failed to satisfy constraint: at most {limits.async_inline_bytes} bytes inline."
        )


def _header(request: Request, name: str) -> str:
    return request.headers.get(PREFIX + name, "")


def _seconds(request: Request, name: str, least: int, most: int, default: float) -> float:
    value = _header(request, name)
    if not value:
        return default
    if re.fullmatch(r"\d{1,9}", value, re.ASCII) and least <= int(value) <= most:
        return int(value)
    raise invalid(
        f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
        f"Member must have value greater than or equal to {least} and less than or equal to {most}"
    )


def _joined(path: str | None, extension: str, filename: str) -> str | None:
    if not path:
        return None
    return "/".join(part.strip("/") for part in (path, extension, filename) if part)
