"""SageMaker Runtime: InvokeEndpoint, InvokeEndpointAsync and InvokeEndpointWithResponseStream over HTTP."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from local_test.emulator.hosting.asynchronous import Asynchronous
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.options import Options
from local_test.emulator.store import Store


class Runtime:
    """Takes a caller's request to an instance and its answer back."""

    def __init__(self, store: Store, hosting: Hosting, asynchronous: Asynchronous, options: Options) -> None: ...

    def __call__(self, request: Request, region: str) -> Response:
        """Answer a call to /endpoints/NAME/…, refusals included."""
        raise NotImplementedError
