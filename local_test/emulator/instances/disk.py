"""A disk of a fixed size for each instance's /tmp: a file with a file system in it, mounted through a loop device.

It is disk, not memory, and full when it is full. Needs root on Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Final

MKFS: Final = ("mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", "-m", "0")
SBIN: Final = os.pathsep.join((os.defpath, "/usr/sbin", "/sbin"))
"""Where the tools are, whatever PATH the emulator was started with."""


class DiskFailed(Exception):
    """A disk can't be made; the message is the tool's."""


class Disks:
    """The disks of one emulator, below its folder."""

    def __init__(self, folder: Path, size: int) -> None:
        """Try one. Raises DiskFailed where this machine can't."""
        if sys.platform != "linux" or os.geteuid() != 0:
            raise DiskFailed("needs root on Linux")
        self._folder = folder
        self._size = size
        self.remove(self.make())

    def make(self) -> Path:
        """A new, empty disk's folder, writable for whoever. Raises DiskFailed."""
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        image = folder.with_suffix(".img")
        try:
            with image.open("wb") as file:
                file.truncate(self._size)  # takes no room until it is written to
            _run(*MKFS, str(image))
            _run("mount", "-o", "loop,nosuid,nodev,noatime", str(image), str(folder))
        except (OSError, DiskFailed):
            self.remove(folder)
            raise
        (folder / "lost+found").rmdir()
        folder.chmod(0o1777)
        return folder

    @staticmethod
    def remove(folder: Path) -> None:
        """Let a disk go, with all that is on it; nothing happens where it has gone already."""
        if folder.is_mount():
            _run("umount", "--lazy", str(folder))  # whoever still holds it, a dying container, keeps it that long
        folder.with_suffix(".img").unlink(missing_ok=True)
        if folder.exists():
            folder.rmdir()


def sweep(folder: Path) -> None:
    """Let go every disk that a dead emulator left; `folder` is what it gave its Disks."""
    for disk in folder.glob("*.img"):
        Disks.remove(disk.with_suffix(""))


def _run(tool: str, *arguments: str) -> None:
    command = shutil.which(tool, path=SBIN)
    if command is None:
        raise DiskFailed(f"there is no {tool}")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise DiskFailed(f"{tool} failed: {done.stderr.strip()}")
