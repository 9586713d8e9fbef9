"""Reads what the application left unread of a request's body, and throws it away.

An early answer (413, 404, 503) to a caller who is still sending would otherwise close the connection under it, and
most clients then report a broken pipe instead of the answer.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

PIECE: Final = 64 * 1024
MOST_SECONDS: Final = 10.0
"""Patience with a caller who goes on sending."""

STALL_SECONDS: Final = 1.0
"""Patience with one who promised a body and sends nothing."""

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Drain:
    """WSGI middleware for gunicorn, whose environment holds the connection's socket."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer, then drain where the answer is a refusal: it is sent when this returns."""
        refused = False

        def noting(status: str, *rest: Any) -> Any:
            nonlocal refused
            refused = status >= "4"
            return start_response(status, *rest)

        answer = self._app(environ, noting)
        if refused and "HTTP_EXPECT" not in environ:  # who asks first (100-continue) sends nothing after a refusal
            _discard(environ["wsgi.input"], environ["gunicorn.socket"])
        return answer


def _discard(body: Any, connection: socket.socket) -> None:
    end = time.monotonic() + MOST_SECONDS
    connection.settimeout(STALL_SECONDS)
    try:
        while body.read(PIECE) and time.monotonic() < end:
            pass
    except Exception:  # noqa: BLE001, S110 - the body is broken or stalled; gunicorn closes the connection for it
        pass
    finally:
        connection.settimeout(None)
