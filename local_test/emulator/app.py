"""Which service a request is for. The Authorization header names service and region, as every AWS client signs it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from werkzeug.wrappers import Request, Response

from local_test.emulator.browsers import asks_for_the_page, is_foreign
from local_test.emulator.errors import ServiceError
from local_test.emulator.protocol import refusal

FOREIGN: Final = (
    "coppice local answers this machine's programs and pages only. To see its own page, type its address.\n"
)
DEFAULT_REGION: Final = "us-east-1"
UNSIGNED: Final = (
    "Missing Authentication Token. Sign the call; any credentials do: "
    "curl --aws-sigv4 aws:amz:REGION:sagemaker --user local:local …"
)
"""The words before the full stop are AWS's."""
PAGE_PATHS: Final = ("/_coppice/", "/_coppice/example")
"""Besides the address itself, which is S3's for programs."""
INVOCATION: Final = re.compile(r"/endpoints/[^/]+/(invocations|invocations-response-stream|async-invocations)")
CREDENTIAL: Final = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


class Scope(NamedTuple):
    """Whom a request was signed for; `service` is "" where nobody signed."""

    service: str
    region: str


def scope_of(request: Request) -> Scope:
    """Read the credential scope of Signature Version 4, of a presigned URL too. Nothing is verified: any will do."""
    presigned = f"Credential={request.args.get('X-Amz-Credential', '')}"
    found = CREDENTIAL.search(request.headers.get("Authorization", presigned))
    return Scope(found["service"], found["region"]) if found else Scope("", DEFAULT_REGION)


Service = Callable[[Request, str], Response]
"""Answers a request in a region."""


class App:
    """The WSGI application. What a page from elsewhere sends is refused, whichever service it is for."""

    def __init__(
        self,
        *,
        runtime: Service,
        sagemaker: Service,
        scaling: Service,
        ecr: Service,
        admin: Service,
        page: Service,
        others: Callable[[Request], Response],
    ) -> None:
        self._targets = {"SageMaker": sagemaker, "AnyScaleFrontendService": scaling}
        self._runtime = runtime
        self._ecr = ecr
        self._admin = admin
        self._page = page
        self._others = others

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI."""
        answer = self._answer(Request(environ))
        answer.headers.setdefault("x-amzn-RequestId", str(uuid.uuid4()))
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if is_foreign(request):
            return Response(FOREIGN, 403)
        scope = scope_of(request)
        if asks_for_the_page(request) or request.path in PAGE_PATHS:
            return self._page(request, scope.region)
        if request.path.startswith("/_coppice/"):
            return self._admin(request, scope.region)
        if scope.service == "sagemaker" and request.path.startswith("/endpoints/"):
            return self._runtime(request, scope.region)
        if not scope.service and request.method == "POST" and INVOCATION.fullmatch(request.path):
            return refusal(ServiceError("MissingAuthenticationTokenException", UNSIGNED, 403))
        service = self._targets.get(request.headers.get("X-Amz-Target", "").partition(".")[0])
        if service is not None:
            return service(request, scope.region)
        if scope.service == "ecr":
            return self._ecr(request, scope.region)
        return self._others(request)
