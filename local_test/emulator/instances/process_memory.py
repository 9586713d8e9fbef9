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
        self.now = 0
        """Bytes, of the last."""
        self._signs: tuple[float, float] = (0, 0)

    def take(self, processes: Iterable[psutil.Process]) -> int:
        """The peak, after a look.

        A page that several processes share counts once in all (PSS), as a container's cgroup counts it; where the
        system doesn't tell, what each has for itself (USS). That takes the kernel a walk through the page tables, so
        it is asked only of processes that have done something: their plain size or their CPU time has changed.
        """
        signs = (
            _sum(processes, lambda process: process.memory_info().rss),
            _sum(processes, lambda process: sum(process.cpu_times()[:2])),
        )
        if signs != self._signs:
            self._signs = signs
            self.now = int(_sum(processes, _proportional))
            self.peak = max(self.peak, self.now)
        return self.peak


def _sum(processes: Iterable[psutil.Process], what: Callable[[psutil.Process], float]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):  # it has just ended
            total += what(process)
    return total


def _proportional(process: psutil.Process) -> int:
    info = process.memory_full_info()
    return int(getattr(info, "pss", info.uss))
