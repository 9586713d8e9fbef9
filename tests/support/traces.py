"""What an emulator has on this machine besides its state, looked at while it lives and again when it should be gone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import psutil

from local_test.emulator.instances.docker_backend import PROCESS_LABEL
from local_test.emulator.instances.owner import Owner


class Traces:
    """Of the emulator that `up --json` described, whose temporary folder is `folder`."""

    def __init__(self, info: dict[str, Any], folder: Path, docker: tuple[str, ...] = ("docker",)) -> None:
        emulator = psutil.Process(info["pid"])
        self.processes = [emulator, *emulator.children(recursive=True)]
        self.label = f"label={PROCESS_LABEL}={Owner.of(info['pid'])}"
        self._registry = info["registry"]
        self._run_folder = next(folder.glob(f"coppice-local-*/{info['port']}"))
        self._docker = docker

    def containers(self) -> list[str]:
        """Their ids."""
        return self._listed("ps", "--all", "--filter", self.label)

    def left(self) -> list[str]:
        """Whatever is there, for people; what lives, too."""
        found = [f"process {each}" for each in self.processes if lives(each)]
        found += [f"container {each}" for each in self.containers()]
        found += [f"network {each}" for each in self._listed("network", "ls", "--filter", self.label)]
        if self._registry is not None:
            name = f"coppice-registry-{self._registry.rpartition(':')[2]}"
            found += [f"registry {each}" for each in self._listed("ps", "--all", "--filter", f"name=^{name}$")]
        if self._run_folder.exists():
            found += [f"file {each}" for each in (self._run_folder, *self._run_folder.rglob("*"))]
        found += [f"mount {line}" for line in _mounts() if f"{self._run_folder}/" in line]
        return found

    def _listed(self, *command: str) -> list[str]:
        if shutil.which("docker") is None:
            return []
        done = subprocess.run([*self._docker, *command, "--quiet"], capture_output=True, text=True, check=False)
        return done.stdout.split()


def lives(process: psutil.Process) -> bool:
    """Whether it runs; one that ended is gone even where nobody reaps it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended in between
        return False


def _mounts() -> list[str]:
    """And loop devices, which outlive a lazy unmount for as long as somebody holds their files."""
    mounts = Path("/proc/mounts")
    found = mounts.read_text().splitlines() if mounts.exists() else []
    return found + [path.read_text().strip() for path in Path("/sys/block").glob("loop*/loop/backing_file")]
