"""Instances that are tiny HTTP servers in threads, and a Starter that makes them: hosting without containers."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local_test.emulator.instances.instance import Exit, Lines
from local_test.emulator.instances.starter import Started, StartFailed, Wanted

MEMORY_BYTES = 150_000_000
Answers = Callable[["FakeInstance", BaseHTTPRequestHandler, bytes], None]
"""Writes an answer to POST /invocations, given its body; whatever it does to the connection is what a caller gets."""


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """Write a whole answer; underscores in header names stand for hyphens."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def echo(instance: FakeInstance, handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer with what was asked."""
    reply(handler, 200, body, Content_Type=handler.headers.get("Content-Type", ""))


class FakeInstance:
    """An Instance on loopback."""

    _numbers = itertools.count()

    def __init__(self, wanted: Wanted, answers: Answers) -> None:
        self.id = f"fake-{next(self._numbers)}"
        self.wanted = wanted
        self.answers = answers
        self.end: Exit | None = None
        self.stopped = False
        self.grace = -1.0
        self.connections: list[socket.socket] = []
        instance = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                reply(self, 200, b"")

            def do_POST(self) -> None:
                instance.connections.append(self.connection)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with contextlib.suppress(ConnectionError):
                    instance.answers(instance, self, body)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host, self.port = "127.0.0.1", self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def ended(self) -> Exit | None:
        return self.end

    def memory_bytes(self) -> int:
        return MEMORY_BYTES

    def memory_now(self) -> int:
        return MEMORY_BYTES // 2

    def die(self, code: int | None = 137, *, out_of_memory: bool = False) -> None:
        """End as a container does, by itself."""
        self.end = Exit(code, out_of_memory)

    def stop(self, grace: float) -> None:
        self.stopped = True
        self.grace = grace
        self.end = self.end or Exit(0, False)
        self._server.shutdown()
        for connection in self.connections:  # what is being answered breaks off
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()


class FakeStarter:
    """A Starter. `started` has every instance it made, `hold` keeps starts waiting while it is clear."""

    def __init__(self, answers: Answers = echo) -> None:
        self.answers = answers
        self.started: list[FakeInstance] = []
        self.attempts = 0
        self.hold = threading.Event()
        self.hold.set()
        self.fails: Callable[[Wanted], StartFailed | None] = lambda wanted: None
        self.lines: list[bytes] = [b"listening"]
        self.prints: list[Lines] = []
        """Where what each of them prints goes."""
        self._lock = threading.Lock()

    def start(self, wanted: Wanted, lines: Lines, cancelled: Callable[[], bool] = lambda: False) -> Started:
        with self._lock:
            self.attempts += 1
            self.prints.append(lines)
        began = time.monotonic()
        for line in self.lines:
            lines(line)
        while not self.hold.wait(0.005):
            if cancelled():
                raise StartFailed("cancelled")
        failure = self.fails(wanted)
        if failure is not None:
            raise failure
        instance = FakeInstance(wanted, self.answers)
        with self._lock:
            self.started.append(instance)
        return Started(instance, 0.0, time.monotonic() - began)

    def alive(self) -> list[FakeInstance]:
        """Those that weren't stopped and didn't die."""
        with self._lock:
            return [instance for instance in self.started if instance.ended() is None]

    def waiting(self) -> int:
        """Starts so far, whether they have ended or not."""
        with self._lock:
            return self.attempts

    def close(self) -> None:
        """Stop what a test left."""
        for instance in self.started:
            if not instance.stopped:
                instance.stop(0)


@contextlib.contextmanager
def fake_starter(answers: Answers = echo) -> Iterator[FakeStarter]:
    """A FakeStarter that leaves nothing."""
    starter = FakeStarter(answers)
    try:
        yield starter
    finally:
        starter.hold.set()
        starter.close()
