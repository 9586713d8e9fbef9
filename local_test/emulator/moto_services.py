"""moto's services behind one WSGI application, with a journal so that they survive a restart."""

from __future__ import annotations

import functools
import io
import json
import re
import secrets
import sys
import threading
from http import HTTPStatus
from typing import Any, Final
from xml.sax.saxutils import escape

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from local_test.emulator.journal import Entry, Journal, changes, replay

UNKNOWN: Final = "NotImplemented"
RequestHandler = MotoRequestHandler
"""Keeps the spelling of S3's metadata headers."""


class MotoServices:
    """S3, ECR, IAM, STS, CloudWatch, Logs and the rest of what moto knows."""

    def __init__(self, journal: Journal) -> None:
        self._moto = _Dispatcher(create_backend_app)
        self._journal = journal
        self._one_request = threading.RLock()
        """moto wasn't made for many threads; and the journal has the changes in the order in which moto made them."""

    def restore(self) -> None:
        """Bring back what the journal remembers, and nothing else: moto's memory is the whole process's."""
        with self._one_request:
            self._forget()
            replay(self._journal, self._again)

    def reset(self) -> None:
        """Forget everything."""
        with self._one_request:
            self._journal.clear()
            self._forget()

    def __call__(self, request: Request) -> Response:
        """Answer a request; one that changed something is remembered before its answer leaves."""
        if request.path == "/moto-api/reset":
            self.reset()
            return Response('{"status": "ok"}', content_type="application/json")
        environ, body = request.environ, request.get_data(cache=False)
        with self._one_request:
            if not changes(environ, body):
                return self._run(environ, body)
            entry = Entry(dict(environ), body, secrets.randbits(63), None)
            mock_random.seed(entry.seed)
            answer = self._run(environ, body)
            if answer.status_code < 400:
                self._journal.append(entry._replace(upload=_upload_id(environ, answer)))
        return answer

    def _again(self, entry: Entry) -> str | None:
        mock_random.seed(entry.seed)
        return _upload_id(entry.environ, self._run({**_WSGI, **entry.environ}, entry.body))

    def _forget(self) -> None:
        self._run({**_WSGI, **_RESET}, b"")

    def _run(self, environ: dict[str, Any], body: bytes) -> Response:
        environ = environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        try:
            chunks, status, headers = run_wsgi_app(self._moto, environ)
        except NotImplementedError as error:
            return _unknown(f"coppice local: {error}", environ.get("CONTENT_TYPE", ""))
        return Response([b"".join(chunks)], status, headers)  # as bytes it would get a length of its own, 0 for HEAD


def _unknown(message: str, content_type: str) -> Response:
    """What moto doesn't know, as an error that clients read in the protocol that was asked in."""
    if "json" in content_type:
        document = json.dumps({"__type": UNKNOWN, "message": message})
        return Response(document, HTTPStatus.NOT_IMPLEMENTED, content_type=content_type)
    document = f"<Type>Receiver</Type><Code>{UNKNOWN}</Code><Message>{escape(message)}</Message>"
    document = f"<ErrorResponse><Error>{document}</Error></ErrorResponse>"
    return Response(document, HTTPStatus.NOT_IMPLEMENTED, content_type="text/xml")


class _Dispatcher(DomainDispatcherApplication):
    """moto's own looks into 180 folders for every request, which is most of what a small one costs."""

    @functools.cache  # noqa: B019 - there is one dispatcher, as long as the process runs
    def get_backend_for_host(self, host: str | None) -> Any:
        """The name of moto's service; None where there is no host, which moto guesses then."""
        found = super().get_backend_for_host(host)
        if found is None and host is not None:
            raise NotImplementedError(f"{host.removesuffix('.amazonaws.com')} has not been implemented")
        return found


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
_RESET: dict[str, Any] = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": "/moto-api/reset",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "HTTP_HOST": "localhost",
}


def _upload_id(environ: dict[str, Any], answer: Response) -> str | None:
    query = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "POST" or "uploads" not in query.replace("=", "&").split("&"):
        return None
    found = re.search(rb"<UploadId>([^<]+)</UploadId>", answer.get_data())
    return found[1].decode() if found else None
