"""The `serve` program: bind, load, hand over to gunicorn; or stop at once and say why.

The port is open while the model loads, so that /ping can say so. A load that takes longer than a moment is answered
for by a small server in this process; gunicorn then takes over the same socket with the model already in memory.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flask import Flask

from container import logs
from container.errors import ContainerError, ServerError
from container.server import wsgi
from container.server.gunicorn_conf import Server
from container.server.start import Start
from container.settings import Settings

logger = logging.getLogger(logs.ROOT)

SWITCH_SECONDS: Final = 0.0005
"""How long a thread may keep the others from the interpreter. A /ping beside a large body waits several times."""

MOMENT: Final = 0.25
"""Seconds of loading before anybody answers for it; requests that come sooner wait in the socket's queue."""


def main(entered: float) -> int:
    """What SageMaker starts: everything from the environment. Returns the exit code of a failed start.

    `entered` is when the program's first line ran, as time.monotonic has it.
    """
    start = Start(entered)
    start.ended("imports")
    try:
        settings = Settings.from_environment(os.environ)
        serve(settings.model_dir, settings, start=start)
    except ContainerError as error:
        sys.stderr.write(f"coppice can't serve. {error.paragraph()}\n")
        return 1
    return 0


def serve(
    path: Path,
    settings: Settings,
    host: str = "0.0.0.0",  # noqa: S104 - a container is reached from outside
    when_ready: Callable[[int], None] = lambda _port: None,
    start: Start | None = None,
) -> None:
    """Serve the model at `path` until SIGTERM; `when_ready` is called with the port once requests are answered.

    What the start was made of goes into the log where it was watched from the beginning, as `start`.

    Raises ContainerError, with the model's place in its message, when it can't start. Ends in SystemExit.
    """
    gc.disable()  # what starting makes is here to stay; looking through it again and again takes a tenth of the start
    logs.configure(settings.log_level)
    # As a container's first process we'd be deaf to SIGTERM until gunicorn listens for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = _bind(host, settings.port)
    port = listener.getsockname()[1]
    service, app = wsgi.compose(settings)
    try:
        with _answering_meanwhile(app, listener):
            service.load(lambda: wsgi.load_pipeline(path, settings))
    except ContainerError as error:
        error.message = f"The model at {path} can't be served: {error.message}"
        raise
    except Exception as error:
        logger.exception("the model could not be loaded")
        raise ServerError(
            f"The model at {path} can't be served: loading it raised {type(error).__name__}: {error}.",
            "The traceback is in the log above.",
        ) from error
    if start is not None:
        start.ended("mapping")
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # nor need workers look through it, which would unshare its pages
    gc.enable()

    def ready() -> None:
        if start is not None:
            start.ended("server")
            logs.event("started", port=port, milliseconds=start.milliseconds())
        when_ready(port)

    Server(app, listener.detach(), settings, ready).run()


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise ServerError(
            f"Port {port} on {host} can't be opened: {error.strerror}.",
            "Stop what uses it, or choose another: --port, or SAGEMAKER_BIND_TO_PORT in a container.",
        ) from None


@contextmanager
def _answering_meanwhile(app: Flask, listener: socket.socket) -> Iterator[None]:
    """While the block runs, let the application answer on the socket: 503, with the state."""
    done = threading.Event()
    thread = threading.Thread(target=_answer_until, args=(done, app, listener), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _answer_until(done: threading.Event, app: Flask, listener: socket.socket) -> None:
    if done.wait(MOMENT):
        return
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        timeout = 0.5  # for a caller who connects and says nothing: the hand-over waits for this one

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """The application has its own log."""

    host, port = listener.getsockname()[:2]
    # One at a time, in this thread: gunicorn forks when it has ended, and what another thread held would stay locked.
    server = make_server(host, port, app, request_handler=Quiet, fd=listener.fileno())
    server.timeout = 0.05
    while not done.is_set():
        server.handle_request()
    server.server_close()
