"""SageMaker Runtime: InvokeEndpoint, InvokeEndpointAsync and InvokeEndpointWithResponseStream over HTTP."""

from __future__ import annotations

import json
import logging
from typing import Final

from werkzeug.wrappers import Request, Response

from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting import request_headers
from local_test.emulator.hosting.asynchronous import Asynchronous
from local_test.emulator.hosting.call import Reply, new_request_id
from local_test.emulator.hosting.event_stream import payload_parts
from local_test.emulator.hosting.failures import answered, invalid
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.instances.exchange import Question
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.options import Options
from local_test.emulator.store import Document, Key, Kind, Store

SERVING: Final = {"InService", "Updating", "SystemUpdating", "RollingBack"}
CHUNK_BYTES: Final = 64 * 1024

log = logging.getLogger(__name__)


class Runtime:
    """Takes a caller's request to an instance and its answer back."""

    def __init__(self, store: Store, hosting: Hosting, asynchronous: Asynchronous, options: Options) -> None:
        self._store = store
        self._hosting = hosting
        self._asynchronous = asynchronous
        self._limits = options.limits
        self._operations = {
            "invocations": self._invoke,
            "invocations-response-stream": self._invoke_with_stream,
            "async-invocations": self._invoke_async,
        }

    def __call__(self, request: Request, region: str) -> Response:
        """Answer a call to /endpoints/NAME/…, refusals included."""
        request_id = new_request_id()
        try:
            answer = self._answer(request, region, request_id)
        except ServiceError as error:
            _drain(request)
            answer = refusal(error)
        except Exception:
            log.exception("%s failed", request.path)
            answer = refusal(ServiceError("InternalFailure", "The emulator failed; its log says why.", 500))
        answer.headers["x-amzn-RequestId"] = request_id
        return answer

    def _answer(self, request: Request, region: str, request_id: str) -> Response:
        _, _, name, operation = [*request.path.split("/"), "", ""][:4]
        answer = self._operations.get(operation)
        if answer is None or request.method != "POST":
            raise ServiceError("UnknownOperationException", f"coppice local doesn't emulate {operation}.", 404)
        return answer(request, Key(Kind.ENDPOINT, region, name), request_id)

    def _invoke(self, request: Request, endpoint: Key, request_id: str) -> Response:
        reply = self._ask(request, endpoint, request_id, request_headers.INVOKE)
        answer = Response(reply.answer.body, reply.answer.status)
        del answer.headers["Content-Type"]  # werkzeug's own; a container may have none
        answer.headers.extend(request_headers.passed_back(reply.answer.headers))
        answer.headers["x-Amzn-Invoked-Production-Variant"] = reply.variant
        return answer

    def _invoke_with_stream(self, request: Request, endpoint: Key, request_id: str) -> Response:
        """The container's answer is taken whole, and then sent in parts."""
        if _is_serverless(self._document(endpoint)):
            raise invalid(
                f"Endpoint {endpoint.name} is serverless and doesn't support InvokeEndpointWithResponseStream."
            )
        reply = self._ask(request, endpoint, request_id, request_headers.STREAM)
        answer = Response(payload_parts(reply.answer.body), 200, content_type="application/vnd.amazon.eventstream")
        for name, value in request_headers.passed_back(reply.answer.headers):
            answer.headers["X-Amzn-SageMaker-Content-Type" if name == "Content-Type" else name] = value
        answer.headers["x-Amzn-Invoked-Production-Variant"] = reply.variant
        return answer

    def _invoke_async(self, request: Request, endpoint: Key, _: str) -> Response:
        self._document(endpoint)
        return self._asynchronous(request, endpoint.region, endpoint.name)

    def _ask(self, request: Request, endpoint: Key, request_id: str, members: request_headers.Members) -> Reply:
        document = self._document(endpoint)
        if "AsyncInferenceConfig" in document:
            # The service answers ValidationError; its own words aren't known.
            raise invalid(f"Endpoint {endpoint.name} has an AsyncInferenceConfig. Use InvokeEndpointAsync to call it.")
        request_headers.check(request.headers, members, endpoint.name)
        body = self._body(request, _is_serverless(document), request_id)
        question = Question("POST", "/invocations", request_headers.for_container(request.headers, members), body)
        max_bytes = self._max_bytes(_is_serverless(document))
        variant = request.headers.get("X-Amzn-SageMaker-Target-Variant")
        seconds = self._limits.invocation_seconds
        reply = self._hosting.invoke(endpoint, variant, question, seconds, max_bytes, request_id)
        if not 200 <= reply.answer.status < 300:
            raise answered(endpoint, reply.answer, reply.log_stream_arn)
        return reply

    def _document(self, endpoint: Key) -> Document:
        """Of an endpoint that serves; AWS has one message for all that don't."""
        document = self._store.get(endpoint)
        if document is None or document["EndpointStatus"] not in SERVING:
            status = f" (It is {document['EndpointStatus']}.)" if document is not None else ""
            raise invalid(f"Endpoint {endpoint.name} of account {ACCOUNT} not found.{status}")
        return document

    def _max_bytes(self, serverless: bool) -> int:
        return self._limits.serverless_body_bytes if serverless else self._limits.real_time_body_bytes

    def _body(self, request: Request, serverless: bool, request_id: str) -> bytes:
        """The body. Raises ServiceError where it is over the limit, without keeping more than that of it."""
        limit = self._max_bytes(serverless)
        length = request.content_length
        body = request.stream.read(limit + 1) if length is None or length <= limit else b""
        if len(body) <= limit and (length is None or length <= limit):
            return body
        if serverless:
            raise invalid(f"Request {request_id} has oversize body.")
        raise ServiceError("413", f"HTTP content length exceeded {limit} bytes.", 413)


def refusal(error: ServiceError) -> Response:
    """An error as clients of the REST-JSON protocol read it."""
    members = {"Message": error.message, **error.fields}
    answer = Response(json.dumps(members), error.status, content_type="application/json")
    answer.headers["x-amzn-ErrorType"] = error.code
    return answer


def _is_serverless(document: Document) -> bool:
    return any("CurrentServerlessConfig" in variant for variant in document.get("ProductionVariants", ()))


def _drain(request: Request) -> None:
    """Read what is left of a body, so that the connection is ready for the next request."""
    while request.stream.read(CHUNK_BYTES):
        pass
