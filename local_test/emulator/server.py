"""The HTTP server: a thread for each connection, on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

from werkzeug.serving import ThreadedWSGIServer

from local_test.emulator.moto_services import RequestHandler
from local_test.emulator.options import HOST

POLL_SECONDS: Final = 0.05
"""How soon the server notices that it is to close."""
BACKLOG: Final = 1024
"""Clients that come at once wait here for a moment; the limits decide about them, not the socket."""
FINISH_SECONDS: Final = 5.0
"""For the answers that are on their way: instances have been stopped by then, and who called them is told."""


class _Quiet(RequestHandler):
    protocol_version = "HTTP/1.1"

    server: _Server

    def run_wsgi(self) -> None:
        """Answer a request, noted as under way."""
        with self.server.under_way():
            super().run_wsgi()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: the REPORT lines tell what happened."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._requests = 0
        self._changed = threading.Condition()
        super().__init__(*arguments, **named)

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """A request is being answered meanwhile."""
        with self._changed:
            self._requests += 1
        try:
            yield
        finally:
            with self._changed:
                self._requests -= 1
                self._changed.notify_all()

    def finish(self) -> None:
        """Wait until the requests under way are answered, as far as they are within some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._requests, FINISH_SECONDS)


class Server:
    """Has the port from its making on and answers from `start` on. Raises OSError where the port is taken."""

    def __init__(self, port: int) -> None:
        # werkzeug ends the process where it can't have a port, so it is given one.
        with socket.create_server((HOST, port), backlog=BACKLOG) as bound:
            self._server = _Server(HOST, port, app=None, handler=_Quiet, fd=bound.fileno())
        self.address = f"http://{HOST}:{self._server.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="http", daemon=True
        )

    def start(self, app: Any) -> None:
        """Answer with a WSGI application."""
        self._server.app = app
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, and let what is under way be answered."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.finish()
        self._server.server_close()
