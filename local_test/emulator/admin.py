"""What `coppice local` and the page ask a running emulator: GET /_coppice/status, POST /_coppice/reset."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response


class Admin:
    """Answers them; of web pages only the emulator's own, which may look and not reset."""

    def __init__(self, reset: Callable[[], None], status: Callable[[], dict[str, Any]]) -> None:
        self._reset = reset
        self._status = status

    def __call__(self, request: Request, _region: str) -> Response:
        """Answer a request. A page sends Origin with whatever isn't a GET to its own address."""
        if "Origin" in request.headers:
            return Response(status=403)
        asked = request.method, request.path
        if asked == ("GET", "/_coppice/status"):
            return _json(self._status())
        if asked == ("POST", "/_coppice/reset"):
            self._reset()
            return _json({})
        return Response(status=404)


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), content_type="application/json")
