"""The emulators that run here, seen from outside: starting one in the background, what they do, and how they end."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from urllib.parse import urlencode

import psutil

from container.errors import ContainerError
from local_test.emulator import run_folder
from local_test.emulator.options import HOST, Options
from local_test.emulator.run_folder import Info
from local_test.emulator.sweeping import sweep

STOP_SECONDS: Final = 60
"""From SIGTERM to SIGKILL: longer than an instance has."""
ASK_SECONDS: Final = 10
WRITE_SECONDS: Final = 5


class Running(NamedTuple):
    """An emulator, or what is left of one."""

    port: int
    lives: bool
    info: Info | None
    """None where it never got so far as to write it."""
    endpoints: list[dict[str, Any]]
    """As `Hosting.snapshot` gives them; none where it doesn't answer."""
    trouble: str | None
    """What is wrong with it, for people."""
    log: str | None
    """What it writes to where it has no terminal."""


class Unreachable(Exception):
    """It doesn't answer."""


class NotStarted(ContainerError):
    """It ended before it answered. `code` is that of what ended it."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.code = code  # type: ignore[misc]  # of the process in the background


def start(options: Options) -> Info:
    """Start an emulator in the background; returns once it answers. Raises NotStarted."""
    members = options._asdict() | {"limits": options.limits._asdict()}
    if options.state is not None:
        members["state"] = str(options.state.resolve())
    command = [sys.executable, "-P", "-m", "local_test.emulator", json.dumps(members)]
    program = subprocess.Popen(  # noqa: S603 - no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
    assert program.stdout is not None  # noqa: S101 - asked for above
    with program.stdout as said:  # until it has ended, too: it may be about to write
        try:
            document = _first_line(program, said)
        except BaseException:
            program.terminate()
            program.wait()
            raise
    if "error" in document:
        program.wait()
        raise NotStarted(**document["error"])
    return Info(**document)


def _first_line(program: subprocess.Popen[bytes], said: IO[bytes]) -> dict[str, Any]:
    line = said.readline()
    if not line:
        reason = f"The emulator ended with exit code {program.wait()} before it answered."
        return {"error": {"code": "not_started", "message": reason, "hint": "What it said is above."}}
    document: dict[str, Any] = json.loads(line)
    return document


def running() -> list[Running]:
    """Every emulator of yours on this machine, by port; dead ones that left something, too."""
    return [_look(folder) for folder in run_folder.folders()]


def reset(port: int) -> None:
    """Have an emulator forget everything. Raises Unreachable."""
    _ask(port, "POST", "/_coppice/reset", STOP_SECONDS)


def report(port: int, request_id: str) -> dict[str, Any]:
    """What a call to one of an emulator's endpoints took, as Reports.of gives it. Raises Unreachable."""
    return _ask(port, "GET", f"/_coppice/report?{urlencode({'request_id': request_id})}", ASK_SECONDS)


def cool(port: int, region: str, endpoint: str) -> None:
    """Have the next call to an endpoint start cold. Raises Unreachable."""
    _ask(port, "POST", f"/_coppice/cool?{urlencode({'region': region, 'endpoint': endpoint})}", STOP_SECONDS)


def down(port: int) -> bool:
    """End the emulator at a port, and remove what it left; whether there was anything."""
    folder = run_folder.folder_of(port)
    if not folder.exists():
        return False
    info = _info(folder)
    process = run_folder.process_of(info) if info else None
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            _end(process)
    if not run_folder.lives(folder):
        sweep()
    return True


def _info(folder: Path) -> Info | None:
    """Who has the folder; one that has just begun writes it in a moment."""
    until = time.monotonic() + WRITE_SECONDS
    while (found := run_folder.info_in(folder)) is None and run_folder.lives(folder) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def _end(process: psutil.Process) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait()


def _look(folder: Path) -> Running:
    info, lives = run_folder.info_in(folder), run_folder.lives(folder)
    log = folder / run_folder.LOG
    seen = Running(int(folder.name), lives, info, [], None, str(log) if log.exists() else None)
    if not lives:
        return seen
    if info is None or info.address is None:
        return seen._replace(trouble="It isn't up yet.")
    try:
        said = _ask(seen.port, "GET", "/_coppice/status", ASK_SECONDS)
    except Unreachable as error:
        return seen._replace(trouble=str(error))
    return seen._replace(endpoints=said["endpoints"], trouble=said["trouble"])


def _ask(port: int, method: str, path: str, seconds: float) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request(method, path, headers={"Content-Length": "0"})
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"It doesn't answer ({error}).") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Unreachable(f"It answers {answer.status} to {path}.")
    document: dict[str, Any] = json.loads(content)
    return document
