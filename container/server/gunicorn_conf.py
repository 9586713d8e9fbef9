"""gunicorn's settings, each with its reason. Nothing else of gunicorn's is configured anywhere."""

from __future__ import annotations

import logging
import select
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from container import contract
from container.inference.service import THREADS
from container.server.drain import Drain, WSGIApplication
from container.settings import Settings

DRAIN_SECONDS = contract.STOP_GRACE_SECONDS - 5
"""How long requests in flight may take after SIGTERM; SIGKILL comes five seconds later."""


LINGER_MILLISECONDS = 2
"""How long a thread stays with a connection it has answered, in case its caller goes on at once."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker with two habits of its own."""

    def handle(self, conn: Any) -> Any:
        """Answer a connection, and go on answering while its caller is quick. Called by gunicorn in a thread.

        gunicorn hands a connection back to its main thread after every answer, and that hands it to a thread again:
        two changes of thread, which cost a caller who sends one row after the other a third of the time.
        """
        kept = super().handle(conn)
        while kept is True and self.alive and self._goes_on(conn):
            kept = super().handle(conn)
        return kept

    @staticmethod
    def _goes_on(conn: Any) -> bool:
        if conn.parser.unreader.buf.getvalue():
            return True
        waiting = select.poll()
        waiting.register(conn.sock, select.POLLIN)
        return bool(waiting.poll(LINGER_MILLISECONDS))

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called by gunicorn, with False when the worker stops: answer who is in the queue, refuse who comes later.

        gunicorn's own keeps the socket open until the last request is done; who connects meanwhile waits and is reset.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                while select.select([listener], [], [], 0)[0]:
                    self.accept(listener)
                listener.close()


class PropagatingLogger(Logger):  # type: ignore[misc]
    """Hands gunicorn's messages to our handler instead of printing them in its own form."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn before the first message."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        # Its chatter about signals and pids is for debugging; what went wrong is for everybody.
        self.error_log.setLevel(max(logging.WARNING, logging.getLogger().level))


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn over a finished application and a bound socket. `run` ends in SystemExit, as gunicorn has it."""

    def __init__(self, app: Flask, fd: int, settings: Settings, when_ready: Callable[[], None]) -> None:
        self._app = app
        self._options = {
            "bind": f"fd://{fd}",
            # Threads, so that /ping is answered beside an inference; see service.THREADS for their number.
            "worker_class": Worker,
            "threads": THREADS,
            "workers": settings.workers,
            # The application is built already: workers fork from here and share the model's pages.
            "preload_app": True,
            "timeout": settings.timeout,
            "graceful_timeout": DRAIN_SECONDS,
            # Longer than the platform's 60 s, so that it is never us who close a connection it is about to use.
            "keepalive": contract.INVOCATION_TIMEOUT_SECONDS + 15,
            "logger_class": PropagatingLogger,
            # A control socket in the home folder: there is none, and nobody to use it.
            "control_socket_disable": True,
            "when_ready": lambda _arbiter: when_ready(),
        }
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Called by gunicorn."""
        return Drain(self._app)
