"""The registry's program: its port, its end, and what a killed emulator leaves. A small program plays it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from traces import lives

from local_test.emulator.registry import server

PROGRAM = f"""#!{sys.executable}
import http.server, re, sys
host, port = re.search('addr: "(.*):(.*)"', open(sys.argv[2]).read()).groups()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


def program(folder: Path, text: str = PROGRAM) -> str:
    file = folder / "docker-registry"
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


def answers(host: str) -> bool:
    caller = http.client.HTTPConnection(host, timeout=10)
    try:
        caller.request("GET", "/v2/")
        return caller.getresponse().status == 200
    except OSError:
        return False
    finally:
        caller.close()


def test_the_same_port_again(tmp_path):
    first = server.start(tmp_path / "images", tmp_path / "run", program(tmp_path))
    assert first.host.startswith("127.0.0.1:")
    assert answers(first.host)
    first.close()
    assert not answers(first.host)
    again = server.start(tmp_path / "images", tmp_path / "run", program(tmp_path))
    again.close()
    assert again.host == first.host
    assert not (tmp_path / "run" / "registry.json").exists()


def test_another_has_the_port(tmp_path):
    first = server.start(tmp_path / "images", tmp_path / "run", program(tmp_path))
    first.close()
    port = int(first.host.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)), pytest.raises(server.RegistryFailed, match=f"{port}, which"):
        server.start(tmp_path / "images", tmp_path / "run", program(tmp_path))


def test_a_program_that_ends(tmp_path):
    fails = program(tmp_path, "#!/bin/sh\necho disk full >&2\nexit 1\n")
    with pytest.raises(server.RegistryFailed, match="disk full"):
        server.start(tmp_path / "images", tmp_path / "run", fails)


def test_no_container_without_docker(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(server.RegistryFailed, match="no docker-registry on the PATH"):
        server.start(tmp_path / "images", tmp_path / "run")


def test_what_a_killed_emulator_left_is_swept(tmp_path):
    start = (
        "import sys, pathlib, os, signal; from local_test.emulator.registry import server\n"
        "f = pathlib.Path(sys.argv[1])\n"
        "server.start(f / 'images', f / 'run', sys.argv[2]); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", start, tmp_path, program(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = psutil.Process(json.loads((tmp_path / "run/registry.json").read_text())["pid"])
    server.sweep(tmp_path / "run")
    assert not lives(left)
    server.sweep(tmp_path / "run")  # nothing to do


def test_a_number_that_is_another_programs_by_now_is_left_alone(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (tmp_path / "registry.json").write_text(json.dumps({"pid": other.pid, "started": 1.0}))
    server.sweep(tmp_path)
    assert other.poll() is None
    other.communicate(b"\n")
