"""Docker, and a container under test."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVERLESS = (
    *("--user", "65534:65534", "--read-only", "--tmpfs", "/tmp"),
    *("--memory", "1024m", "--memory-swap", "1024m", "--cpus", "0.58"),
)
"""The smallest serverless endpoint: no root, nothing writable but /tmp, 1024 MB and its share of a CPU."""


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check)


@dataclass
class Container:
    id: str

    def logs(self) -> str:
        found = docker("logs", self.id)
        return found.stdout + found.stderr

    def state(self, key: str) -> str:
        return docker("inspect", "--format", f"{{{{.State.{key}}}}}", self.id).stdout.strip()

    @property
    def address(self) -> str:
        return "http://" + docker("port", self.id, "8080").stdout.splitlines()[0].replace("0.0.0.0", "127.0.0.1")

    def request(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address + path, body, sent), timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            assert self.state("Running") == "true", self.logs()
            try:
                if self.request("/ping")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.logs()}")
