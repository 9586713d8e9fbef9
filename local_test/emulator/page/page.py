"""The page over HTTP: the document, and what it asks for besides /_coppice/status and the endpoints themselves."""

from __future__ import annotations

import json
from typing import Final

from werkzeug.wrappers import Request, Response

from local_test.emulator.page.document import document
from local_test.emulator.page.example import Examples
from local_test.emulator.store import Key, Kind

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """Answers them."""

    def __init__(self, examples: Examples) -> None:
        self._document = document()
        self._examples = examples

    def __call__(self, request: Request, _region: str) -> Response:
        """Answer a request to / one of its own paths."""
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers={"Allow": "GET, HEAD"})
        if request.path in ("/", "/_coppice/"):
            own = {"Content-Security-Policy": self._document.policy}
            return Response(self._document.html, headers=HEADERS | own, content_type="text/html; charset=utf-8")
        if request.path == "/_coppice/example":
            key = Key(Kind.ENDPOINT, request.args.get("region", ""), request.args.get("endpoint", ""))
            bodies = json.dumps(self._examples.of(key)._asdict())
            return Response(bodies, headers=HEADERS, content_type="application/json")
        return Response(status=404)
