"""A server that answers every connection with bytes as a test has them, at the pace it wants."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable


class Tcp:
    """On loopback; each connection gets the pieces, a number being a pause in seconds. Looks like an instance."""

    id = "tcp"
    host = "127.0.0.1"

    def __init__(self, *pieces: bytes | float, reads: bool = True) -> None:
        self.received = b""
        self._pieces = pieces
        self._reads = reads
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Tcp:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def ended(self) -> None:
        """It runs."""

    def memory_bytes(self) -> int:
        return 0

    def memory_now(self) -> int:
        return 0

    def stop(self, grace: float) -> None:
        """It ends with the test."""

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection, self._pieces), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket, pieces: Iterable[bytes | float]) -> None:
        with connection:
            if self._reads:
                connection.settimeout(0.05)
                try:
                    while data := connection.recv(65536):
                        self.received += data
                except TimeoutError:
                    pass
            try:
                connection.settimeout(30)
                for piece in pieces:
                    if isinstance(piece, bytes):
                        connection.sendall(piece)
                    elif self._closed.wait(piece):
                        return
            except OSError:
                time.sleep(0)
