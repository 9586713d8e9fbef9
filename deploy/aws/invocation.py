"""What is sent to an endpoint and what comes back: the same for SageMaker and for a container on this machine.

Apart from runtime.py, so that calling a container needs no boto3.
"""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """A body and its headers; an empty header isn't sent."""

    body: bytes
    content_type: str
    accept: str = ""
    inference_id: str = ""
    attributes: str = ""


class Reply(NamedTuple):
    """A good answer. `variant`, `request_id` and `attributes` are empty where the other side doesn't say."""

    status: int
    body: bytes
    content_type: str
    variant: str = ""
    request_id: str = ""
    attributes: str = ""


class ContainerSaidNo(Exception):
    """The container answered with an error, or (status 0) not in time.

    `said` is its answer's body; `log_stream` is the ARN of its CloudWatch log stream, or empty.
    """

    def __init__(self, status: int, said: str, log_stream: str = "") -> None:
        super().__init__(f"{status}: {said}")
        self.status = status
        self.said = said
        self.log_stream = log_stream


class NotNow(Exception):
    """The same call may well succeed in a moment. `reason` is a clause; `code` is AWS's name for it, or empty."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
