"""What the processes of a group use, and when that is more than they may."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, Protocol

import psutil

TICK: Final = 0.05
"""Seconds between two looks."""


class Group(Protocol):
    """A process group that is watched."""

    pgid: int

    def look(self, processes: list[psutil.Process]) -> None:
        """What is in the group now, which may be nothing."""


class Watch:
    """One thread that looks through the table of processes for all groups at once."""

    def __init__(self, groups: Callable[[], Iterable[Group]]) -> None:
        self._groups = groups
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="process memory", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(TICK):
            groups = list(self._groups())
            members = _members() if groups else {}
            for group in groups:
                group.look(members.get(group.pgid, []))


def _members() -> Mapping[int, list[psutil.Process]]:
    found: defaultdict[int, list[psutil.Process]] = defaultdict(list)
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            found[os.getpgid(pid)].append(psutil.Process(pid))
    return found


class Measure:
    """The memory of one group."""

    def __init__(self) -> None:
        self.peak = 0
        """Bytes, of the dearest moment seen."""
        self._resident = 0

    def take(self, processes: Iterable[psutil.Process]) -> int:
        """The peak, after a look.

        A page that several processes share counts once in all (PSS), as a container's cgroup counts it; where the
        system doesn't tell, what each has for itself (USS). That takes the kernel a walk through the page tables, so
        it is asked only when the plain size, which is cheap, has changed.
        """
        resident = sum(_of(process, lambda p: p.memory_info().rss) for process in processes)
        if resident != self._resident:
            self._resident = resident
            self.peak = max(self.peak, sum(_of(process, _proportional) for process in processes))
        return self.peak


def _proportional(process: psutil.Process) -> int:
    info = process.memory_full_info()
    return int(getattr(info, "pss", info.uss))


def _of(process: psutil.Process, size: Callable[[psutil.Process], int]) -> int:
    try:
        return size(process)
    except psutil.Error:  # it has just ended
        return 0
