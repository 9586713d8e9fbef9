"""Which backend it is, and what a killed emulator leaves to the next one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import psutil
import pytest
from traces import lives
from waiting import until

from local_test.emulator.instances.choose import backend, sweep
from local_test.emulator.instances.instance import BackendDown
from local_test.emulator.options import Options


@pytest.fixture
def no_docker(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")


def test_processes_as_asked_for(tmp_path):
    chosen = backend(Options(backend="process"), tmp_path / "4599", {"image"})
    assert (chosen.backend.name, chosen.why) == ("process", "as asked for")
    chosen.backend.resolve("image")
    chosen.backend.close()


def test_without_docker_it_is_processes_unless_it_must_be_docker(tmp_path, no_docker):
    chosen = backend(Options(backend="auto"), tmp_path / "4599", set())
    assert chosen.backend.name == "process"
    assert "Docker doesn't answer" in chosen.why
    chosen.backend.close()
    with pytest.raises(BackendDown, match="Docker doesn't answer"):
        backend(Options(backend="docker"), tmp_path / "4599", set())


class VanishingContainer(BaseHTTPRequestHandler):
    """An engine whose one container is gone by the time that somebody looks at it: another emulator swept, too."""

    ANSWERS: ClassVar = {
        "/version": {"ApiVersion": "1.41"},
        "/info": {"NCPU": 2, "OperatingSystem": "Linux", "SecurityOptions": []},
        "/containers/json": [{"Id": "c0ffee"}],
        "/networks": [],
    }

    def do_GET(self):
        path = re.sub(r"^/v[0-9.]+", "", self.path).partition("?")[0]
        body = json.dumps(self.ANSWERS.get(path, {"message": f"No such thing: {path}"})).encode()
        self.send_response(200 if path in self.ANSWERS else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


def test_two_may_sweep_at_once(tmp_path, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), VanishingContainer) as engine:
        thread = threading.Thread(target=engine.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{engine.server_port}")
        sweep(tmp_path)
        engine.shutdown()
        thread.join()


EMULATOR = """
import sys, time
from pathlib import Path
from local_test.emulator.instances import choose, process
from local_test.emulator.instances.instance import Launch
from local_test.emulator.options import Options
process.ProcessBackend.__init__.__defaults__ = ((sys.executable, "-c", "import time; time.sleep(1000)"),)
chosen = choose.backend(Options(backend="process"), Path({folder!r}), ["i"])
print(chosen.backend.start(Launch("endpoint/e", "i", None), lambda line: None).pgid, flush=True)
time.sleep(1000)
"""


def test_what_a_dead_one_left_is_swept_and_nothing_else(tmp_path: Path):
    emulators = []
    for port in ("4599", "4600"):
        code = EMULATOR.format(folder=str(tmp_path / port))
        emulators.append(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True))
    orphans = [psutil.Process(int(emulator.stdout.readline())) for emulator in emulators]
    try:
        os.kill(emulators[0].pid, signal.SIGKILL)
        emulators[0].wait()
        sweep(tmp_path / "4599")
        assert list((tmp_path / "4599").iterdir()) == []
        assert orphans[1].is_running()
        until(lambda: not lives(orphans[0]))
    finally:
        for emulator in emulators:
            emulator.kill()
            emulator.communicate()
        sweep(tmp_path / "4600")
