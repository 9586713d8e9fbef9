"""Every failure as JSON with its status; the traceback stays in the log, under the same request id."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from container import contract, logs
from container.errors import ContainerError, ScriptFailed

logger = logging.getLogger(logs.ROOT)

_ROUTES = f"POST {contract.INVOCATIONS_PATH} predicts, GET {contract.PING_PATH} tells the model's state."


def register(app: Flask) -> None:
    """Answer expected failures, Flask's own and bugs in the same form."""
    app.register_error_handler(ContainerError, _expected)
    app.register_error_handler(HTTPException, _from_werkzeug)
    app.register_error_handler(Exception, _bug)


def _expected(error: ContainerError) -> Response:
    ours = error.status is HTTPStatus.INTERNAL_SERVER_ERROR
    if ours or error.trace:
        level = logging.ERROR if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
        fields: dict[str, Any] = {"traceback": error.trace} if error.trace else {}
        logs.event(error.message, level=level, request_id=g.request_id, **fields)
    if ours and not error.trace and not isinstance(error, ScriptFailed):
        logger.error("cause", exc_info=error, extra={"fields": {"request_id": g.request_id}})
    return _answer(error.status, error.code, error.message, error.hint)


def _from_werkzeug(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    code = status.phrase.lower().replace(" ", "_")
    message, hint = error.description or status.phrase, ""
    if status is HTTPStatus.NOT_FOUND:
        message, hint = "Nothing is served at this path.", _ROUTES
        if request.path == "/":  # where people look first
            hint += " COPPICE_PAGE=on shows a page here."
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        message, hint = "This path doesn't take that method.", _ROUTES
    elif status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        code = "payload_too_large"
        message = f"The body is over the limit of {_limit()}."
        hint = "Send fewer rows at a time, or use batch transform; SAGEMAKER_MAX_PAYLOAD_IN_MB sets the limit."
    response = _answer(status, code, message, hint)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _limit() -> str:
    return f"{current_app.config['MAX_CONTENT_LENGTH'] // contract.MEBIBYTE} MiB"


def _bug(error: Exception) -> Response:
    logger.error("unexpected error", exc_info=error, extra={"fields": {"request_id": g.request_id}})
    hint = "The server's log has the details under this request id."
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "The server failed on this request.", hint)


def _answer(status: HTTPStatus, code: str, message: str, hint: str) -> Response:
    error = {"code": code, "message": message, "hint": hint, "request_id": g.request_id}
    return Response(orjson.dumps({"error": error}), status=status, mimetype=contract.JSON)
