"""The page to see and try the model on: one self-contained document, and what it asks the server for.

Imported only where COPPICE_PAGE is on. The document is static but for one block of JSON; its style and its script are
allowed by their hashes, and nothing else is.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
from flask import Flask, Response, g, request

from container import contract
from container.errors import BadInput
from container.inference import explain
from container.inference.pipeline import Invocation
from container.inference.service import Service
from container.settings import Settings
from container.web import body, openapi, page_data
from container.web.requestlog import Call

_FOLDER: Final = Path(__file__).parent / "landing"
_SCRIPTS: Final = ("dom.js", "snippets.js", "answer.js", "features.js", "path.js", "calls.js", "page.js")
"""In this order they are one script."""


def register(app: Flask, service: Service, settings: Settings, calls: deque[Call]) -> None:
    """`/`, `/openapi.json`, `/path` and `/calls`."""

    @app.get("/")
    def landing_page() -> Response:
        html, policy = _document()
        data = page_data.describe(service.pipeline.loaded, settings)
        response = Response(html.replace("{{data}}", _embedded(data), 1), mimetype="text/html")
        response.headers["Content-Security-Policy"] = policy
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/openapi.json")
    def schema() -> Response:
        return _json(openapi.document(service.pipeline.loaded, settings))

    @app.post("/path")
    def path() -> Response:
        loaded = service.pipeline.loaded
        row, tree = _number("row"), _number("tree")
        with service.places:
            content = body.read(request.environ, settings.max_payload_bytes)
            invocation = Invocation(content, request.environ.get("CONTENT_TYPE", ""), request_id=g.request_id)
            return _json(explain.explain(loaded, invocation, row, tree))

    @app.get("/calls")
    def last_calls() -> Response:
        newest_first = [call._asdict() for call in reversed(list(calls))]
        return _json({"workers": settings.workers, "calls": newest_first})


@cache
def _document() -> tuple[str, str]:
    """The page without its data, and the policy that lets it run."""
    style = (_FOLDER / "style.css").read_text(encoding="utf-8")
    script = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    script = f'"use strict";\n{script}'
    html = (
        (_FOLDER / "page.html")
        .read_text(encoding="utf-8")
        .replace("{{style}}", style, 1)
        .replace("{{script}}", script, 1)
    )
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: Any) -> str:
    """JSON that ends no script element, whatever the model's names are."""
    text = orjson.dumps(data).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _number(name: str) -> int:
    text = request.args.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"{name} is {text[:40]!r}; it should be a whole number.", "They are counted from 1.")
    return int(text)


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), mimetype=contract.JSON)
