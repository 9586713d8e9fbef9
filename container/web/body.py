"""Reads a request's body, up to the limit and straight from gunicorn.

Werkzeug's own reader costs a tenth of a small request, and cuts a chunked body off at the limit without a word.
"""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge


def read(environ: dict[str, Any], limit: int | None) -> bytes:
    """The body, whether it came with a length or in chunks.

    Raises RequestEntityTooLarge for more than `limit` bytes, unread where the length says so, and BadRequest where
    the caller sent less than it said.
    """
    length = int(environ.get("CONTENT_LENGTH") or -1)  # gunicorn has seen that it is a number
    if limit is not None and length > limit:
        raise RequestEntityTooLarge
    stream = environ["wsgi.input"]
    body: bytes = stream.read() if limit is None else stream.read(limit + 1)
    if limit is not None and len(body) > limit:
        raise RequestEntityTooLarge
    if len(body) < length:
        raise BadRequest(f"The body broke off after {len(body):,} of {length:,} bytes.")
    return body
