"""A session whose clients answer from botocore's Stubber: requests are checked to the letter, nothing is sent."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from deploy.aws.session import Session


class Stubbed:
    """Some clients of a session; `expect` and `refuse` say what comes next, in order for each service."""

    def __init__(self, *services: str) -> None:
        self.session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
        self._stubbers = [Stubber(self.session.client(service)) for service in services]
        for stubber in self._stubbers:
            stubber.activate()

    def expect(self, operation: str, request: dict[str, Any], answer: dict[str, Any] | None = None) -> None:
        """A call with exactly this request."""
        self._of(operation).add_response(operation, answer or {}, request)

    def refuse(self, operation: str, code: str, message: str = "no", times: int = 1) -> None:
        """Calls that AWS refuses."""
        for _ in range(times):
            self._of(operation).add_client_error(operation, code, message)

    def _of(self, operation: str) -> Stubber:
        return next(stubber for stubber in self._stubbers if hasattr(stubber.client, operation))

    def done(self) -> None:
        """Everything that was expected has come."""
        for stubber in self._stubbers:
            stubber.assert_no_pending_responses()
