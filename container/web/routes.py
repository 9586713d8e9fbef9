"""The routes of SageMaker's contract."""

from __future__ import annotations

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import UnsupportedMediaType as UnsupportedEncoding

from container import contract
from container.inference.pipeline import Invocation, Reply
from container.inference.service import Service
from container.settings import Settings
from container.web import body


def register(app: Flask, service: Service, settings: Settings, cores: int) -> None:
    """`/ping`, `/invocations` and `/execution-parameters`."""

    @app.get(contract.PING_PATH)
    def ping() -> Response:
        service.pipeline  # noqa: B018 - raises NotReady, which answers 503 with the state and the cause
        return _json({"state": service.state.value})

    @app.post(contract.INVOCATIONS_PATH)
    def invocations() -> Response:
        service.pipeline  # noqa: B018 - as above, before the body is read
        environ, timings = request.environ, g.timings
        if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise UnsupportedEncoding("Compressed bodies (Content-Encoding) aren't read here; send the body as it is.")
        with service.places:
            content = body.read(environ, settings.max_payload_bytes)
            timings.done("receive")
            accept = environ.get("HTTP_ACCEPT", "")
            invocation = Invocation(content, environ.get("CONTENT_TYPE", ""), accept, environ, g.request_id)
            reply = service.invoke(invocation, timings)
        return _send(reply)

    @app.get(contract.EXECUTION_PARAMETERS_PATH)
    def execution_parameters() -> Response:
        if own := service.execution_parameters:
            return _send(own())
        return _json(
            {
                "MaxConcurrentTransforms": settings.max_concurrent_transforms or cores * settings.workers,
                "BatchStrategy": settings.batch_strategy,
                "MaxPayloadInMB": settings.max_payload_mb,
            }
        )


def _send(reply: Reply) -> Response:
    response = Response(reply.body, status=reply.status, content_type=reply.media_type)
    for name, value in reply.headers:
        response.headers.add(name, value)
    return response


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), mimetype=contract.JSON)
