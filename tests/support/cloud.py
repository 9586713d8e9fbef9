"""A small AWS on this machine: moto's server in a process of its own, and clients that talk to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import boto3

ACCOUNT = "123456789012"
REGION = "eu-west-1"
START_SECONDS = 60


class Cloud:
    """moto's server. `environment` is what a command needs to talk to it."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.environment = {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.reset()
                return
            except OSError:
                assert self._server.poll() is None, "moto's server ended"
                assert time.monotonic() < end, "moto's server doesn't answer"
                time.sleep(0.1)

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait()

    def reset(self) -> None:
        """Forget everything."""
        self._post("/moto-api/reset")

    def answer(self, *bodies: str, content_type: str = "application/json") -> None:
        """What the next invocations of any endpoint are answered with, in order."""
        results = [{"Body": body, "ContentType": content_type} for body in bodies]
        self._post(
            "/moto-api/static/sagemaker/endpoint-results",
            {"account_id": ACCOUNT, "region": REGION, "results": results},
        )

    def _post(self, path: str, document: Any = None) -> None:
        body = json.dumps(document).encode() if document else b""
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=10).read()

    def session(self) -> boto3.Session:
        """A boto3 session of the account; its clients talk to this server while `environment` is set."""
        return boto3.Session("testing", "testing", region_name=REGION)

    def client(self, service: str) -> Any:
        """A boto3 client, to prepare things and to look at what a command did."""
        return self.session().client(service, endpoint_url=self.address)
