"""The HTTP server: a thread for each connection, on loopback."""

from __future__ import annotations

import threading
from typing import Any, Final

from werkzeug.serving import ThreadedWSGIServer

from local_test.emulator.moto_services import RequestHandler
from local_test.emulator.options import HOST

POLL_SECONDS: Final = 0.05
"""How soon the server notices that it is to close."""


class _Quiet(RequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: the REPORT lines tell what happened."""


class _Server(ThreadedWSGIServer):
    request_queue_size = 1024
    """Clients that come at once wait here for a moment; the limits decide about them, not the socket."""
    daemon_threads = True
    block_on_close = False


class Server:
    """Has the port from its making on and answers from `start` on. Raises OSError where the port is taken."""

    def __init__(self, port: int) -> None:
        self._server = _Server(HOST, port, app=None, handler=_Quiet)  # type: ignore[arg-type]
        self.address = f"http://{HOST}:{self._server.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="http", daemon=True
        )

    def start(self, app: Any) -> None:
        """Answer with a WSGI application."""
        self._server.app = app
        self._thread.start()

    def close(self) -> None:
        """Take no more requests."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
