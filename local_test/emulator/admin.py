"""What `coppice local status`, `down` and `reset` ask: /_coppice/…"""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Request, Response


class Admin:
    """Answers them."""

    def __init__(self, reset: Callable[[], None]) -> None:
        self._reset = reset

    def __call__(self, request: Request, region: str) -> Response:
        """Answer a request."""
        return Response(status=404)
