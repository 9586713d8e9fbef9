"""The `context` that a hook may ask for, by the names that AWS's inference toolkit gives it.

Its methods take the place of a request in a batch, as there; here a call is one request, so it is always 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any


class RequestProcessor:
    """One request's headers, and what is to be said of its answer."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self.content_type = ""
        self.status = int(HTTPStatus.OK)
        self.response_headers: dict[str, str] = {}

    def get_request_properties(self) -> dict[str, str]:
        """All headers of the request."""
        return dict(self._headers)

    def get_request_property(self, key: str) -> str | None:
        """One header of the request, whatever its case."""
        return next((value for name, value in self._headers.items() if name.lower() == key.lower()), None)

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:  # noqa: ARG002 - it isn't sent
        """The answer's status; raises ValueError for what is none."""
        if not 200 <= code < 600:
            raise ValueError(f"{code} is not the status of an answer")
        self.status = int(code)

    def get_response_status_code(self) -> int:
        """The answer's status."""
        return self.status

    def add_response_property(self, key: str, value: str) -> None:
        """A header of the answer; raises ValueError for what would be two."""
        if "\n" in f"{key}{value}" or "\r" in f"{key}{value}":
            raise ValueError(f"the header {key!r} has a line break in it")
        if key.lower() == "content-type":
            self.content_type = str(value)
        else:
            self.response_headers[key] = str(value)

    def get_response_headers(self) -> dict[str, str]:
        """The answer's headers so far."""
        return dict(self.response_headers)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers, out of WSGI's environ."""
    named = {key.removeprefix("HTTP_"): str(value) for key, value in environ.items() if key.startswith("HTTP_")}
    named |= {key: str(environ[key]) for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(key)}
    return {key.replace("_", "-").title(): value for key, value in named.items()}


class Context:
    """What a hook may know of its request (headers) and its surroundings (system_properties), and say of its answer."""

    def __init__(self, model_dir: str, request_id: str = "", environ: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.model_name = "model"
        self.manifest: dict[str, Any] = {}
        self.metrics = None
        self.system_properties: dict[str, Any] = {"model_dir": model_dir, "gpu_id": None, "batch_size": 1}
        self.request_ids = {0: request_id}
        self.request_processor = [RequestProcessor(_headers(environ))]

    def get_request_id(self, idx: int = 0) -> str:
        """The id that is in the log and in an error's answer."""
        return self.request_ids[idx]

    def get_request_header(self, idx: int, key: str) -> str | None:
        """One header of the request, whatever its case."""
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int = 0) -> dict[str, str]:
        """All headers of the request."""
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx: int, value: str) -> None:
        """The answer's media type, where the hook's return doesn't say it."""
        self.request_processor[idx].add_response_property("Content-Type", value)

    def get_response_content_type(self, idx: int = 0) -> str:
        """What was set as the answer's media type."""
        return self.request_processor[idx].content_type

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        """A header of the answer."""
        self.request_processor[idx].add_response_property(key, value)

    def get_response_headers(self, idx: int = 0) -> dict[str, str]:
        """The answer's headers so far."""
        return self.request_processor[idx].get_response_headers()

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """The answer's status."""
        self.request_processor[idx].report_status(code, phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        """The answer's status."""
        self.set_response_status(code, phrase)

    def get_response_status(self, idx: int = 0) -> tuple[int, str]:
        """The answer's status so far, and its phrase, which isn't sent."""
        return self.request_processor[idx].get_response_status_code(), ""
