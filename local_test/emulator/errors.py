"""What AWS answers when it refuses: a code, a message, a status, and whatever fields the service adds."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """A refusal. `fields` are members of the error's shape other than the message."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class ValidationError(ServiceError):
    """The request can't be, or names what isn't there. SageMaker calls both ValidationException."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)
