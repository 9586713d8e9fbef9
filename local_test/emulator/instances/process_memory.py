"""What the processes of a group use."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import psutil


def groups() -> Mapping[int, list[psutil.Process]]:
    """Every process of this machine, by its process group."""
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
