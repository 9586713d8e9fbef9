"""moto's services behind one WSGI application, with a journal so that they survive a restart."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from local_test.emulator.journal import Journal, changes, replay

RequestHandler = MotoRequestHandler
"""Keeps the spelling of S3's metadata headers."""


class MotoServices:
    """S3, ECR, IAM, STS, CloudWatch, Logs and the rest of what moto knows."""

    def __init__(self, journal: Journal) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._journal = journal
        self._one_change = threading.Lock()
        """The journal has the changes in the order in which moto made them."""

    def restore(self) -> None:
        """Bring back what the journal remembers."""
        replay(self._journal, self._again)

    def reset(self) -> None:
        """Forget everything."""
        with self._one_change:
            self._journal.clear()
            environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/moto-api/reset", "QUERY_STRING": ""}
            self._run(
                {**_WSGI, "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", **environ}, b""
            )

    def __call__(self, request: Request) -> Response:
        """Answer a request; one that changed something is remembered before its answer leaves."""
        environ, body = request.environ, request.get_data(cache=False)
        if not changes(environ, body):
            return self._run(environ, body)
        with self._one_change:
            remembered = dict(environ)
            answer = self._run(environ, body)
            if answer.status_code < 400:
                self._journal.append(remembered, body, _upload_id(environ, answer))
        return answer

    def _again(self, environ: dict[str, Any], body: bytes) -> str | None:
        return _upload_id(environ, self._run({**_WSGI, **environ}, body))

    def _run(self, environ: dict[str, Any], body: bytes) -> Response:
        environ = environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        chunks, status, headers = run_wsgi_app(self._moto, environ)
        return Response(_whole(chunks), status, headers)


_WSGI: dict[str, Any] = {
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
}


def _whole(chunks: Iterable[bytes]) -> bytes:
    return b"".join(chunks)


def _upload_id(environ: dict[str, Any], answer: Response) -> str | None:
    query = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "POST" or "uploads" not in query.replace("=", "&").split("&"):
        return None
    found = re.search(rb"<UploadId>([^<]+)</UploadId>", answer.get_data())
    return found[1].decode() if found else None
