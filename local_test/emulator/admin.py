"""What `coppice local` asks a running emulator: GET /_coppice/status, POST /_coppice/reset."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response


class Admin:
    """Answers them, but no web page, this machine's included."""

    def __init__(
        self,
        reset: Callable[[], None],
        snapshot: Callable[[], list[dict[str, Any]]],
        trouble: Callable[[], str | None],
    ) -> None:
        """`trouble` says what is wrong with the backend, as `Backend.trouble` does."""
        self._reset = reset
        self._snapshot = snapshot
        self._trouble = trouble

    def __call__(self, request: Request, _region: str) -> Response:
        """Answer a request."""
        if "Origin" in request.headers:
            return Response(status=403)
        asked = request.method, request.path
        if asked == ("GET", "/_coppice/status"):
            return _json({"endpoints": self._snapshot(), "trouble": self._trouble()})
        if asked == ("POST", "/_coppice/reset"):
            self._reset()
            return _json({})
        return Response(status=404)


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), content_type="application/json")
