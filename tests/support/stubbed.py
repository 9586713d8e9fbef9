"""A session whose clients answer from botocore's Stubber: requests are checked to the letter, nothing is sent."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from deploy.aws.session import Session


class Stubbed:
    """One client of a session; `expect` and `refuse` say what comes next, in order."""

    def __init__(self, service: str) -> None:
        self.session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
        self._stubber = Stubber(self.session.client(service))
        self._stubber.activate()

    def expect(self, operation: str, request: dict[str, Any], answer: dict[str, Any] | None = None) -> None:
        """A call with exactly this request."""
        self._stubber.add_response(operation, answer or {}, request)

    def refuse(self, operation: str, code: str, message: str = "no", times: int = 1) -> None:
        """Calls that AWS refuses."""
        for _ in range(times):
            self._stubber.add_client_error(operation, code, message)

    def done(self) -> None:
        """Everything that was expected has come."""
        self._stubber.assert_no_pending_responses()
