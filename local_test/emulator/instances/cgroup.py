"""What a container uses, read from its control group: version 1 or 2, wherever Docker's driver has put it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

ROOT = Path("/sys/fs/cgroup")
PROC = Path("/proc")


class Reading(NamedTuple):
    """One look.

    `used` is what can't be taken back without hurting: all that is charged to the container, except pages of files
    that nobody has looked at twice, which the kernel drops before it kills anybody. It is what `docker stats` shows.
    The kernel's own peak (memory.peak) won't do: it has those pages in it, and is at the limit for whoever reads much.
    """

    used: int
    """Bytes."""
    killed: bool
    """Whether the kernel has killed a process of it, the first or another, because the limit was reached."""


class Memory(Protocol):
    """Where a container's memory is read."""

    def read(self) -> Reading | None:
        """What is used now; None where the container has gone."""


class Cgroup:
    """The files of one control group."""

    def __init__(self, folder: Path, names: _Names) -> None:
        self._folder = folder
        self._names = names

    def read(self) -> Reading | None:
        """As Memory has it."""
        try:
            killed = self._number(self._names.events, "oom_kill") > 0
            used = int(self._text(self._names.used)) - self._number("memory.stat", self._names.unused)
        except OSError:
            return None
        return Reading(max(used, 0), killed)

    def _number(self, file: str, name: str) -> int:
        return next((int(line.split()[1]) for line in self._text(file).splitlines() if line.split()[0] == name), 0)

    def _text(self, name: str) -> str:
        return (self._folder / name).read_text()


class _Names(NamedTuple):
    used: str
    unused: str
    events: str


_V1 = _Names("memory.usage_in_bytes", "total_inactive_file", "memory.oom_control")
_V2 = _Names("memory.current", "inactive_file", "memory.events")


def find(container: str, pid: int, root: Path = ROOT, proc: Path = PROC) -> Cgroup | None:
    """The control group of a container, by its first process; None where it isn't on this machine or not visible."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if container not in path:  # Docker Desktop's containers live elsewhere, and the pid is somebody else's here
            continue
        if controllers == "" and (root / path[1:] / _V2.events).exists():
            return Cgroup(root / path[1:], _V2)
        if "memory" in controllers.split(","):
            return Cgroup(root / "memory" / path[1:], _V1)
    return None
