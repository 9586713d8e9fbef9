"""Asynchronous invocations: a request from S3, later, and its answer to S3."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from local_test.emulator.aws import Aws
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.store import Store


class Asynchronous:
    """A queue for each endpoint that has an AsyncInferenceConfig."""

    def __init__(self, store: Store, hosting: Hosting, aws: Aws) -> None: ...

    def __call__(self, request: Request, region: str, endpoint: str) -> Response:
        """Answer InvokeEndpointAsync with 202 and where the answer will be. Raises ServiceError."""
        raise NotImplementedError

    def close(self) -> None:
        """Take no more, and end."""
        raise NotImplementedError
