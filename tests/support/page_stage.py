"""An emulator in this process whose containers run the Python they are sent: for its page, and who else asks there."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from endpoints import REGION, Endpoints
from programs import server

from local_test.emulator.emulator import Emulator
from local_test.emulator.instances.process import ProcessBackend
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.options import Options
from local_test.emulator.registry import checkout

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{checkout.NAME}"
BEFORE = "exec(os.environ.get('BEFORE', ''))"
"""What an endpoint asks to be run first, as the small image has it."""
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
}
"""What a browser sends where an address was typed."""


class Stage(Endpoints):
    """The emulator, its endpoints, and plain HTTP."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator.address, IMAGE)
        self.emulator = emulator

    def fetch(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str]:
        """Status and body. Underscores in names of headers stand for hyphens."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text


@contextmanager
def page_stage(folder: Path, **options: float) -> Iterator[Stage]:
    """One that leaves nothing."""
    backend = ProcessBackend(folder / "processes", {checkout.DIGEST}, server(BEFORE))
    emulator = Emulator(Options(port=0, backend="process", **options), backend, folder)
    emulator.start()
    try:
        yield Stage(emulator)
    finally:
        emulator.close()
