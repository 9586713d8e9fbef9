"""A container, or `make serve`, on this machine: called as SageMaker calls it."""

from __future__ import annotations

import contextlib
import http.client
import socket
from typing import Final
from urllib.parse import SplitResult, urlsplit

from container import contract
from deploy.aws.invocation import Call, ContainerSaidNo, NotNow, Reply
from deploy.errors import DeployError, Missing, UsageError

ADDRESS: Final = f"http://127.0.0.1:{contract.PORT}"
_ATTRIBUTES_HEADER: Final = "X-Amzn-SageMaker-Custom-Attributes"


class Container:
    """What listens at an address, as `http://HOST:PORT`. Raises UsageError where that isn't one."""

    def __init__(self, address: str, timeout: float = contract.INVOCATION_TIMEOUT_SECONDS) -> None:
        self._address = address
        self._parts = _parse(address)
        self._timeout = timeout

    def invoke(self, call: Call) -> Reply:
        """POST to /invocations, once. Raises ContainerSaidNo, NotNow, and Missing where nobody listens."""
        connection = self._connect()
        try:
            answer = _exchange(connection, self._parts.path.rstrip("/") + contract.INVOCATIONS_PATH, call)
            body = answer.read()
        except TimeoutError:
            raise ContainerSaidNo(0, f"nothing came within {self._timeout:g} s.") from None
        except (ConnectionError, http.client.IncompleteRead) as error:
            raise NotNow("the connection broke") from error
        except http.client.HTTPException as error:
            raise DeployError(f"What listens at {self._address} doesn't speak HTTP: {error!r}") from None
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise ContainerSaidNo(answer.status, body.decode(errors="replace"))
        return Reply(
            status=answer.status,
            body=body,
            content_type=answer.getheader("Content-Type", ""),
            attributes=answer.getheader(_ATTRIBUTES_HEADER, ""),
        )

    def _connect(self) -> http.client.HTTPConnection:
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
        try:
            connection.connect()
        except (ConnectionRefusedError, socket.gaierror, TimeoutError) as error:
            raise Missing(
                f"Nobody listens at {self._address}: {error.strerror or error}.",
                "Start a server: make serve, or coppice serve model.tar.gz, or local_test/serve_local.sh IMAGE\n"
                "Another address: --url http://127.0.0.1:PORT",
            ) from None
        return connection


def _parse(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment:
        raise UsageError(f"--url looks like {ADDRESS}; this is {address!r}.")
    return parts


def _exchange(connection: http.client.HTTPConnection, path: str, call: Call) -> http.client.HTTPResponse:
    named = {
        "Content-Type": call.content_type,
        "Accept": call.accept,
        contract.INFERENCE_ID_HEADER: call.inference_id,
        _ATTRIBUTES_HEADER: call.attributes,
    }
    headers = {name: value for name, value in named.items() if value}
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may say "too large" and hang up on the body
        connection.request("POST", path, call.body, headers)
    return connection.getresponse()
