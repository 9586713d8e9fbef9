"""One HTTP exchange with an instance, within a deadline for all of it."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import closing, suppress
from typing import Any, Final, NamedTuple

from container import contract
from local_test.emulator.instances.instance import Instance

PING_BYTES: Final = contract.MEBIBYTE
"""More than anybody says to a /ping."""


class Question(NamedTuple):
    """What is sent to an instance. Host and Content-Length are added here."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Answer(NamedTuple):
    """What came back, whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class NoAnswer(Exception):
    """The instance gave none; the message says how it failed."""


class TimedOut(NoAnswer):
    """Not within the time."""


class Broken(NoAnswer):
    """It refused the connection, or ended it in the middle of an answer."""


class TooLarge(NoAnswer):
    """The answer has more bytes than may be."""


def exchange(instance: Instance, question: Question, seconds: float, max_bytes: int) -> Answer:
    """Ask and wait. Raises Broken, TooLarge, and TimedOut when it isn't whole after `seconds`, however it trickles."""
    connection = _Connection(instance.host, instance.port, time.monotonic() + seconds)
    try:
        with closing(connection):
            _send(connection, question)
            response = connection.getresponse()
            with response:  # a response without a length keeps the socket for itself
                if connection.at_end():  # http.client doesn't mind a head that ends too soon
                    raise Broken("the connection ended in the head of the answer")
                return Answer(response.status, tuple(response.getheaders()), _body(response, max_bytes))
    except TimeoutError:
        raise TimedOut(f"no whole answer after {seconds:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise Broken(str(error) or type(error).__name__) from None


def ping(instance: Instance, seconds: float) -> int | None:
    """The status of GET /ping, or None where there was no answer within `seconds`."""
    try:
        return exchange(instance, Question("GET", contract.PING_PATH), seconds, PING_BYTES).status
    except NoAnswer:
        return None


def _send(connection: _Connection, question: Question) -> None:
    connection.putrequest(question.method, question.path, skip_accept_encoding=True)
    for name, value in question.headers:
        if name.lower() not in ("host", "content-length", "transfer-encoding", "connection"):
            connection.putheader(name, value)
    if question.body or question.method not in ("GET", "HEAD"):
        connection.putheader("Content-Length", str(len(question.body)))
    # Who refuses a body may answer before it has read all of it, and close: the answer is there all the same.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders(question.body or None)


def _body(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    body = b"" if (response.length or 0) > max_bytes else response.read(max_bytes + 1)
    if len(body) > max_bytes or (response.length or 0) > max_bytes:
        raise TooLarge(f"an answer of more than {max_bytes} bytes")
    if response.length:  # read(n) doesn't mind an answer that ends too soon
        raise Broken(f"the connection ended {response.length} bytes before the answer did")
    return body


class _Connection(http.client.HTTPConnection):
    """Knows no proxies, and no more patience than there is time until `end`."""

    def __init__(self, host: str, port: int, end: float) -> None:
        super().__init__(host, port)
        self._end = end

    def connect(self) -> None:
        """Called by http.client before the first byte."""
        self._socket = self.sock = _Socket(self._end)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect((self.host, self.port))

    def at_end(self) -> bool:
        """Whether the instance has ended the connection, as far as was read."""
        return self._socket.at_end


class _Socket(socket.socket):
    """A timeout of the standard socket is for each operation; here one end holds for them all."""

    def __init__(self, end: float) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self._end = end
        self.at_end = False

    def _hurry(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)

    def connect(self, address: Any) -> None:
        self._hurry()
        super().connect(address)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._hurry()
        super().sendall(data, flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self._hurry()
        count = super().recv_into(buffer, nbytes, flags)
        self.at_end = count == 0
        return count
