"""What stands between InvokeEndpoint and a container's /invocations, and nothing more: for clients of AWS's path.

The body and the headers of the call pass as they are, without the caller's signature; so does the answer.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


@contextmanager
def gateway(container: str) -> Iterator[str]:
    """The address of a SageMaker Runtime whose only endpoint is the container at the address."""
    target = urlsplit(container).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            own = ("authorization", "host", "connection", "x-amz-", "amz-")
            sent = {name: value for name, value in self.headers.items() if not name.lower().startswith(own)}
            connection = http.client.HTTPConnection(target, timeout=60)
            connection.request("POST", "/invocations", body, sent)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
