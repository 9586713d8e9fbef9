"""The registry's program: Debian's `docker-registry` where there is one, else a container of registry:2.

It listens on loopback only, keeps its data in a folder of the emulator's, and goes with the emulator. What it runs as
is written down, so that `sweep` ends one whose emulator was killed.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from local_test.emulator.options import HOST

IMAGE: Final = "registry:2"
START_SECONDS: Final = 60
_RECORD: Final = "registry.json"
_PORT: Final = "port"
_CONFIG: Final = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "{host}"}}
"""


class RegistryFailed(Exception):
    """There is no registry; the message is for people."""


class Server:
    """A registry that runs. `host` is its HOST:PORT."""

    def __init__(self, host: str, end: Callable[[], None], record: Path) -> None:
        self.host = host
        self._end = end
        self._record = record

    def close(self) -> None:
        """Stop it; its data stays."""
        self._end()
        self._record.unlink(missing_ok=True)


def start(data: Path, run: Path, program: str | None = None, image: str = IMAGE) -> Server:
    """Start a registry over the images in `data`, at the port that it had before: the images' addresses carry it.

    `run` is the emulator's folder. `program` is where docker-registry is, by default on the PATH; "" takes a
    container of `image` whatever is there. Raises RegistryFailed.
    """
    data.mkdir(parents=True, exist_ok=True)
    run.mkdir(parents=True, exist_ok=True)
    remembered = data / _PORT
    port = int(remembered.read_text()) if remembered.exists() else 0
    host = f"{HOST}:{_free(port)}"
    if program is None:
        program = shutil.which("docker-registry")
    server = _process(program, host, data, run) if program else _container(image, host, data, run)
    remembered.write_text(host.rpartition(":")[2])
    return server


def sweep(run: Path) -> None:
    """End the registry that a killed emulator left in its folder, if any."""
    record = run / _RECORD
    try:
        what = json.loads(record.read_text())
    except (OSError, ValueError):
        return
    if "container" in what:
        _docker("rm", "--force", "--volumes", what["container"])
    else:
        _kill(what["pid"], what["started"])
    record.unlink(missing_ok=True)


def _free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise RegistryFailed(
                f"The registry of this state was at {HOST}:{port}, which its images' addresses carry, and another "
                "program has that port now. Stop it, or start with another --state."
            ) from None
        return int(probe.getsockname()[1])


def _process(program: str, host: str, data: Path, run: Path) -> Server:
    config, log = run / "registry.yml", run / "registry.log"
    config.write_text(_CONFIG.format(folder=json.dumps(str(data)), host=host))
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - no shell
            [program, "serve", config], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={}, process_group=0
        )
    record = run / _RECORD
    record.write_text(json.dumps({"pid": process.pid, "started": psutil.Process(process.pid).create_time()}))

    def end() -> None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    server = Server(host, end, record)
    _wait(server, lambda: None if process.poll() is None else _last_line(log.read_text(errors="replace")))
    return server


def _container(image: str, host: str, data: Path, run: Path) -> Server:
    name = f"coppice-registry-{host.rpartition(':')[2]}"
    record = run / _RECORD
    record.write_text(json.dumps({"container": name}))
    options = ["--detach", "--name", name, "--publish", f"{host}:5000", "--user", f"{os.getuid()}:{os.getgid()}"]
    options += ["--volume", f"{data}:/var/lib/registry", "--env", "REGISTRY_STORAGE_DELETE_ENABLED=true"]
    options += ["--env", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/var/lib/registry"]
    _docker("rm", "--force", "--volumes", name)
    said = _docker("run", *options, image)
    server = Server(host, lambda: _removed(name), record)
    if said.returncode:
        server.close()
        raise RegistryFailed(
            f"There is no docker-registry on the PATH, and no container of {image} starts: {_last_line(said.stderr)}"
        )
    _wait(server, lambda: None if _running(name) else _last_line(_docker("logs", name).stderr))
    return server


def _removed(name: str) -> None:
    _docker("rm", "--force", "--volumes", name)


def _running(name: str) -> bool:
    return _docker("inspect", "--format", "{{.State.Running}}", name).stdout.strip() == "true"


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["docker", *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "there is no docker command")


def _wait(server: Server, ended: Callable[[], str | None]) -> None:
    end = time.monotonic() + START_SECONDS
    while not _answers(server.host):
        reason = ended() or ("it doesn't answer" if time.monotonic() > end else None)
        if reason is not None:
            server.close()
            raise RegistryFailed(f"The registry at {server.host} doesn't start: {reason}")
        time.sleep(0.02)


def _answers(host: str) -> bool:
    caller = http.client.HTTPConnection(host, timeout=2)
    try:
        caller.request("GET", "/v2/")
        return caller.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        caller.close()


def _kill(pid: int, started: float) -> None:
    try:
        process = psutil.Process(pid)
        if process.create_time() != started:
            return  # the number is another program's by now
        process.terminate()
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
    except psutil.NoSuchProcess:
        pass


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it ended at once"])[-1]
