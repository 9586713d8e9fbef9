"""IAM is moto's, which keeps roles and policies but enforces and simulates none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from werkzeug.wrappers import Request, Response

SIMULATION: Final = (b"Action=SimulatePrincipalPolicy", b"Action=SimulateCustomPolicy")
REFUSAL: Final = """<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>coppice local simulates no policies: it enforces none.</Message></Error>
</ErrorResponse>"""


class Iam:
    """Refuses simulations as AWS refuses whoever may not simulate; SageMaker's SDK v3 goes on without a verdict."""

    def __init__(self, moto: Callable[[Request], Response]) -> None:
        self._moto = moto

    def __call__(self, request: Request) -> Response:
        """Answer a request, whichever service it is for."""
        form = request.mimetype == "application/x-www-form-urlencoded" and request.path == "/"
        if form and request.get_data().startswith(SIMULATION):
            return Response(REFUSAL, 403, content_type="text/xml")
        return self._moto(request)
