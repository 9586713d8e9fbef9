"""What `coppice local`, `coppice tune` and the page ask a running emulator, below /_coppice/:

GET  status   everything there is to see
GET  report   ?request_id=…: what a call took, if it is one of the last
POST reset    forget everything
POST cool     ?region=…&endpoint=…: send its idle instances away, so that the next call starts cold
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response


class Admin:
    """Answers them; of web pages only the emulator's own, which may look and not reset."""

    def __init__(
        self,
        reset: Callable[[], None],
        status: Callable[[], dict[str, Any]],
        report: Callable[[str], dict[str, Any] | None],
        cool: Callable[[str, str], bool],
    ) -> None:
        """`report` takes a call's request id; `cool` a region and an endpoint's name, and says whether there is one."""
        self._reset = reset
        self._status = status
        self._report = report
        self._cool = cool

    def __call__(self, request: Request, _region: str) -> Response:
        """Answer a request. A page sends Origin with whatever isn't a GET to its own address."""
        if "Origin" in request.headers:
            return Response(status=403)
        asked = request.method, request.path
        if asked == ("GET", "/_coppice/status"):
            return _json(self._status())
        if asked == ("GET", "/_coppice/report") and (found := self._report(request.args["request_id"])) is not None:
            return _json(found)
        if asked == ("POST", "/_coppice/reset"):
            self._reset()
            return _json({})
        if asked == ("POST", "/_coppice/cool") and self._cool(request.args["region"], request.args["endpoint"]):
            return _json({})
        return Response(status=404)


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), content_type="application/json")
