"""Debian's docker-registry on a free port of this machine, and an ECR that hands it out as its own."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cloud import ACCOUNT, REGION
from containers import docker

ECR_HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
MOTOS_PASSWORD = "AWS:$2y$05$coppicecoppicecoppic.enVzzcYJzU26AbKDkiGlINiSFirrQ002\n"
"""What htpasswd makes of the user and password that moto's GetAuthorizationToken gives out for the account."""
CONFIG = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "{host}"}}
"""


@contextmanager
def registry(folder: Path, locked: bool = False) -> Iterator[str]:
    """HOST:PORT of an empty registry; a locked one lets in whom ECR has given a password."""
    command = shutil.which("docker-registry")
    assert command, "apt-get install docker-registry"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    config = CONFIG.format(folder=folder, host=host)
    if locked:
        (folder / "htpasswd").write_text(MOTOS_PASSWORD)
        config += f"auth: {{htpasswd: {{realm: ecr, path: {folder}/htpasswd}}}}\n"
    (folder / "config.yml").write_text(config)
    server = subprocess.Popen([command, "serve", folder / "config.yml"], stderr=(folder / "log").open("w"))
    try:
        for _ in range(300):
            assert server.poll() is None, (folder / "log").read_text()
            try:
                if ask(host, "GET", "/v2/")[0] in (200, 401):
                    break
            except OSError:
                time.sleep(0.1)
        yield host
    finally:
        server.terminate()
        server.wait()
        names = docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
        for name in names:  # what was pushed there goes by the registry's name in the engine, too
            if name.startswith(f"{host}/"):
                docker("image", "rm", name, check=False)


def ask(host: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request to a registry or a cloud."""
    caller = http.client.HTTPConnection(host, timeout=30)
    try:
        caller.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = caller.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        caller.close()


@contextmanager
def ecr_in_front_of(cloud: str, host: str) -> Iterator[str]:
    """An address like the cloud's, whose ECR names the registry at `host` in place of Amazon's."""

    class Front(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers: dict[str, Any] = dict(self.headers.items())
            status, said, answer = ask(cloud.removeprefix("http://"), "POST", self.path, body, **headers)
            answer = answer.replace(ECR_HOST.encode(), host.encode())
            self.send_response(status)
            for name, value in said.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
