"""One HTTP/1.1 connection, as thin as Python allows: what it costs is in every server's figures alike."""

from __future__ import annotations

import socket
from collections.abc import Mapping


class Refused(OSError):
    """The server closed the connection before it had answered."""


def request(method: str, path: str, headers: Mapping[str, str] = {}, body: bytes = b"") -> bytes:
    """A whole request in bytes, so that nothing is put together while the clock runs."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """Keep-alive to 127.0.0.1."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def ask(self, content: bytes) -> tuple[int, bytes]:
        """Send a request, return the status and the body. Raises OSError."""
        self._socket.sendall(content)
        head = self._until(b"\r\n\r\n")
        status = int(head[9:12])
        head = head.lower()
        if b"transfer-encoding: chunked" in head:
            return status, self._chunks()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return status, self._exactly(int(length or 0))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _receive(self) -> bytes:
        received = self._socket.recv(1 << 20)
        if not received:
            raise Refused
        return received

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._rest += self._receive()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _exactly(self, length: int) -> bytes:
        pieces = [self._rest]
        missing = length - len(self._rest)
        while missing > 0:
            pieces.append(self._receive())
            missing -= len(pieces[-1])
        whole = b"".join(pieces)
        self._rest = whole[length:]
        return whole[:length]

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body
