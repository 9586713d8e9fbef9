"""`coppice local` in a temporary folder of its own, so that tests see no emulator but theirs, and end all of theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COPPICE = Path(sys.executable).with_name("coppice")
SECONDS = 300
"""Only catches what hangs."""
START = """
import json, sys
from local_test.emulator.__main__ import parse
from local_test.emulator.running import start
print(json.dumps(start(parse(sys.argv[1]))._asdict()))
"""


class Local:
    """The commands; `environment` leads AWS's clients to the emulator that came up last."""

    def __init__(self, folder: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.folder = folder
        self.environment = {
            **inherited,
            "TMPDIR": str(folder),
            "PATH": f"{COPPICE.parent}:{inherited['PATH']}",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def run(
        self, *command: str | Path, check: bool = True, cwd: Path | None = None, **changed: str
    ) -> subprocess.CompletedProcess[str]:
        """Any command, with that environment."""
        environment = self.environment | changed
        done = subprocess.run(
            command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def coppice(self, *arguments: str | Path, check: bool = True, **changed: str) -> subprocess.CompletedProcess[str]:
        return self.run(COPPICE, *arguments, check=check, **changed)

    def up(self, *arguments: str | Path) -> dict[str, Any]:
        """In the background, at a free port."""
        done = self.coppice("local", "up", "--detach", "--port", "0", "--json", *arguments)
        info: dict[str, Any] = json.loads(done.stdout)
        self.environment |= info["environment"]
        return info

    def start(self, **options: Any) -> dict[str, Any]:
        """In the background, at a free port, with whatever Options there are: shorter limits, for instance."""
        done = self.run(sys.executable, "-P", "-c", START, json.dumps({"port": 0, **options}))
        info: dict[str, Any] = json.loads(done.stdout)
        return info

    def status(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.coppice("local", "status", "--json").stdout)["emulators"]
        return found

    def down(self) -> None:
        """End all, and see that nothing is left."""
        self.coppice("local", "down", "--all")
        assert not list(self.folder.glob("coppice-local-*/**"))


@contextmanager
def commands_in(folder: Path) -> Iterator[Local]:
    """The commands in a folder that is made for them, and where they have left nothing at the end."""
    folder.mkdir()
    local = Local(folder)
    yield local
    local.down()
    assert list(folder.iterdir()) == []
