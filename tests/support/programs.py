"""Small servers that are run in the place of `serve`, each with a fault of its own."""

from __future__ import annotations

import sys

from waiting import SOON

from local_test.emulator.instances.exchange import Question, exchange
from local_test.emulator.instances.instance import Instance

SERVER = """
import os, signal, socketserver, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def say(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self): self.say(PING())
    def do_POST(self):
        code = self.rfile.read(int(self.headers["Content-Length"])).decode()
        names = {}
        exec(code, {**globals(), "handler": self}, names)
        self.say(200, str(names.get("answer", "")).encode())

ThreadingHTTPServer.daemon_threads = True
PING = lambda: 200
BEFORE
ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", 8080))), Handler).serve_forever()
"""
"""/ping answers what PING gives; /invocations runs the Python it is sent and answers `answer`."""


def server(before: str = "") -> tuple[str, ...]:
    """The command of a server that runs `before` first."""
    return (sys.executable, "-c", SERVER.replace("BEFORE", before))


def run(instance: Instance, code: str) -> str:
    """Have a server run Python; its `answer`."""
    return exchange(instance, Question("POST", "/invocations", (), code.encode()), SOON, 10**7).body.decode()


def refusal(instance: Instance, code: str) -> str:
    """The error that a line of Python meets, by its errno's name."""
    lines = ["import errno", "try:", f"    {code}", "    answer = 'nothing'", "except OSError as error:"]
    return run(instance, "\n".join([*lines, "    answer = errno.errorcode.get(error.errno, 'no answer')"]))
