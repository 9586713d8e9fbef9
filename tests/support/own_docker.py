"""A Docker engine of a test's own, beside the machine's, which can be stopped and started again."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

SECONDS = 60
"""Only what hangs takes so long."""


class OwnDocker:
    """dockerd with all that it has in a folder of its own. It leaves the machine's firewall alone. Needs root."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="docker-"))  # sockets' paths have to be short
        self.host = f"unix://{folder}/docker.sock"
        self.command = ("docker", "--host", self.host)
        self._folder = folder
        self.up()

    def up(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [
                    *("dockerd", "--host", self.host, "--pidfile", self._folder / "pid"),
                    *("--data-root", self._folder / "data", "--exec-root", self._folder / "exec"),
                    # No --bridge=none: on its start that removes docker0, which is the machine's own engine's.
                    *("--iptables=false", "--ip-forward=false", "--ip-masq=false", "--shutdown-timeout", "1"),
                ],
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + SECONDS
        while subprocess.run([*self.command, "version"], capture_output=True, check=False).returncode:
            assert self._daemon.poll() is None and time.monotonic() < end, (self._folder / "log").read_text()
            time.sleep(0.1)

    def down(self) -> None:
        """As `systemctl stop docker`."""
        self._daemon.terminate()
        self._daemon.wait(SECONDS)

    def load(self, image: str) -> None:
        """From the machine's engine."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
            subprocess.run([*self.command, "load"], stdin=saved.stdout, check=True, capture_output=True)

    def close(self) -> None:
        self.down()
        shutil.rmtree(self._folder)
