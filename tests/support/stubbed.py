"""A session whose clients answer from botocore's Stubber: requests are checked to the letter, nothing is sent."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from deploy.aws.session import Session


class Stubbed:
    """Clients of one session; `expect` and `refuse` say what comes next, in order for each client.

    Operations are the first service's unless `of` names another.
    """

    def __init__(self, *services: str) -> None:
        self.session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
        self._stubbers = {service: Stubber(self.session.client(service)) for service in services}
        self._first = services[0]
        for stubber in self._stubbers.values():
            stubber.activate()

    def expect(
        self, operation: str, request: dict[str, Any], answer: dict[str, Any] | None = None, of: str | None = None
    ) -> None:
        """A call with exactly this request."""
        self._stubbers[of or self._first].add_response(operation, answer or {}, request)

    def refuse(self, operation: str, code: str, message: str = "no", times: int = 1) -> None:
        """Calls that AWS refuses."""
        for _ in range(times):
            self._stubbers[self._first].add_client_error(operation, code, message)

    def done(self) -> None:
        """Everything that was expected has come."""
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()
