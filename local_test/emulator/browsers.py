"""Requests that a web page has sent. A browser reaches 127.0.0.1 for any page, and who reaches us runs containers."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

HERE: Final = {"127.0.0.1", "::1", "localhost", "host.docker.internal"}
"""Names of this machine that nobody else can give out; the last is what Docker Desktop's containers call it."""


def is_foreign(request: Request) -> bool:
    """Whether a page from elsewhere sent it, or one whose own name was made to lead here (DNS rebinding).

    Pages of this machine are let through, as are programs, which send neither Origin nor Sec-Fetch-Site.
    """
    host, page = request.headers.get("Host"), request.headers.get("Origin") or request.headers.get("Referer")
    if host is not None and not _is_here(f"//{host}"):
        return True
    if page is not None:
        return not _is_here(page)
    return request.headers.get("Sec-Fetch-Site") == "cross-site"


def _is_here(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return name in HERE or name.endswith(".localhost")
