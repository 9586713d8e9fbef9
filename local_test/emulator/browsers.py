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


def asks_for_the_page(request: Request) -> bool:
    """Whether a browser was led to the address itself. Programs ask S3 for its buckets there: they sign what they send,
    or take anything for an answer; and BUCKET.localhost is a bucket's own address."""
    plain = request.method in ("GET", "HEAD") and not request.query_string
    programs = "Authorization" in request.headers or any(name.startswith("X-Amz-") for name, _ in request.headers)
    at_home = request.path == "/" and not request.host.partition(":")[0].endswith(".localhost")
    return plain and not programs and at_home and "text/html" in request.headers.get("Accept", "")


def _is_here(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return name in HERE or name.endswith(".localhost")
