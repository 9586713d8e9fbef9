"""Where an emulator keeps what goes with it, and how others find it: <tmp>/coppice-local-<uid>/<port>/, private to you.

The folder is locked for as long as its process lives, so even SIGKILL leaves no doubt who lives and who is dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

INFO: Final = "info.json"
LOG: Final = "log"
PATIENCE: Final = 1.0
"""Seconds: whoever only looks whether a folder is locked has it for a moment."""


class Taken(Exception):
    """Another process has the folder."""


class Info(NamedTuple):
    """An emulator, as `up --json` and `status --json` show it."""

    port: int
    pid: int
    started: float
    """The process's start, in seconds since 1970: pids come back, together with it they don't."""
    version: str
    state: str | None
    """The folder that survives."""
    address: str | None = None
    """None until it answers, as what follows."""
    backend: str = ""
    why: str = ""
    """Why this backend."""
    not_enforced: tuple[str, ...] = ()
    registry: str | None = None
    """HOST:PORT of the registry that ECR hands out."""


def root() -> Path:
    """The folder of all your emulators' folders; it may not be there."""
    return Path(tempfile.gettempdir()) / f"coppice-local-{os.getuid()}"


def folder_of(port: int) -> Path:
    """The folder of the emulator at a port; it may not be there."""
    return root() / str(port)


def folders() -> list[Path]:
    """Every folder of an emulator's, living or dead, by port."""
    with contextlib.suppress(OSError):
        return sorted((folder for folder in root().iterdir() if folder.name.isdigit()), key=lambda f: int(f.name))
    return []


@contextlib.contextmanager
def run_folder(port: int) -> Iterator[Path]:
    """The folder of an emulator at a port; gone at the end.

    Raises Taken where one lives there, and PermissionError where somebody else was first.
    """
    _private(root())
    folder = folder_of(port)
    with locked(folder):
        folder.chmod(0o700)
        try:
            yield folder
        finally:
            remove(folder)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have a folder to oneself until the end or the process's, making it where need be. Raises Taken."""
    handle = _lock(folder)
    try:
        yield
    finally:
        os.close(handle)


def _lock(folder: Path) -> int:
    until = time.monotonic() + PATIENCE
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                raise Taken(str(folder)) from None
            time.sleep(0.02)
        except FileNotFoundError:
            pass  # who had it before has just removed it
        os.close(handle)


def lives(folder: Path) -> bool:
    """Whether an emulator has this folder: it may still be starting, or be on its way down."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def write(folder: Path, info: Info) -> None:
    """Say who it is."""
    half = folder / f"{INFO}.new"
    half.write_text(json.dumps(info._asdict()), encoding="utf-8")
    half.rename(folder / INFO)


def info_in(folder: Path) -> Info | None:
    """Who has or had this folder, where that can be read."""
    try:
        members: dict[str, Any] = json.loads((folder / INFO).read_text(encoding="utf-8"))
        return Info(**members | {"not_enforced": tuple(members["not_enforced"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def process_of(info: Info) -> psutil.Process | None:
    """The process that wrote it, where it still runs."""
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(info.pid)
        if abs(found.create_time() - info.started) < 1 and found.status() != psutil.STATUS_ZOMBIE:
            return found
    return None


def remove(folder: Path) -> None:
    """Remove an emulator's folder, and the one around it with the last."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    seen = folder.lstat()
    if seen.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(1, "it belongs to somebody else", str(folder))
    folder.chmod(0o700)
