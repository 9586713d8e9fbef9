"""AWS's JSON 1.1 protocol: an operation in X-Amz-Target, a document in, a document or an error out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from local_test.emulator.errors import ServiceError

Operation = Callable[[str, dict[str, Any]], dict[str, Any]]
"""A region and the request's members; gives the answer's members. Raises ServiceError."""
Check = Callable[[str, dict[str, Any]], None]
"""An operation's name and the request's members. Raises ServiceError where the service's model forbids them."""

log = logging.getLogger(__name__)


class JsonService:
    """A service that speaks it."""

    def __init__(self, operations: Mapping[str, Operation], check: Check) -> None:
        self._operations = operations
        self._check = check

    def __call__(self, request: Request, region: str) -> Response:
        """Answer a request; whatever it is, with a document."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        try:
            answer = self._answer(name, region, request.get_data())
        except ServiceError as error:
            return refusal(error)
        except Exception:
            log.exception("%s failed", name)
            return refusal(ServiceError("InternalFailure", f"The emulator failed at {name}; its log says why.", 500))
        return _document(answer, 200)

    def _answer(self, name: str, region: str, body: bytes) -> dict[str, Any]:
        operation = self._operations.get(name)
        if operation is None:
            raise ServiceError("UnknownOperationException", f"coppice local doesn't emulate {name}.")
        try:
            members = json.loads(body or b"{}")
        except ValueError:
            raise ServiceError("SerializationException", "The request isn't JSON.") from None
        self._check(name, members)
        return operation(region, members)


def refusal(error: ServiceError) -> Response:
    """An error as clients of the JSON protocols read it."""
    answer = _document({"__type": error.code, "message": error.message, **error.fields}, error.status)
    answer.headers["x-amzn-ErrorType"] = error.code
    return answer


def _document(members: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(members), status, content_type="application/x-amz-json-1.1")
