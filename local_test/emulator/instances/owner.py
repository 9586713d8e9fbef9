"""Which process something belongs to, so that what a dead emulator left is told from what a live one uses."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import NamedTuple

import psutil


class Owner(NamedTuple):
    """A process, for all times: pids come again, a pid with its start time doesn't."""

    host: str
    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Owner:
        """A process that runs. Raises psutil.NoSuchProcess."""
        return cls(platform.node(), pid, _started(pid))

    @classmethod
    def this(cls) -> Owner:
        """This process."""
        return cls.of(os.getpid())

    @classmethod
    def read(cls, text: str) -> Owner | None:
        """What `str` wrote; None where it's nothing of the kind."""
        host, pid, started = [*text.split(), "", "", ""][:3]
        return cls(host, int(pid), started) if pid.isdigit() and started else None

    def __str__(self) -> str:
        return f"{self.host} {self.pid} {self.started}"

    def is_gone(self) -> bool:
        """Whether it has ended. Of another machine's, which a shared engine may show, nobody here can tell: False."""
        if self.host != platform.node():
            return False
        try:
            return _started(self.pid) != self.started or psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def _started(pid: int) -> str:
    try:  # Linux counts from the boot; psutil's time of day moves whenever somebody sets the clock
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[19]
    except OSError:
        return str(round(psutil.Process(pid).create_time()))
