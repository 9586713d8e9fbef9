"""What is on this machine: Docker, and the architecture it builds for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from deploy.doctor.check import Result, failed, ok, warning
from deploy.errors import Missing

_AMD64: Final = ("x86_64", "amd64")
_SECONDS: Final = 60


class Output(NamedTuple):
    """How a program ended, and what it said."""

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str]], Output]


def run(command: Sequence[str]) -> Output:
    """Run a program to its end; raises Missing where it isn't installed or doesn't end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603
    except FileNotFoundError:
        raise Missing(
            f"There is no {command[0]} command.", "Install it: https://docs.docker.com/engine/install/"
        ) from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{' '.join(command[:2])} didn't end within {_SECONDS} s.", "Restart Docker.") from None
    return Output(done.returncode, done.stdout.strip(), done.stderr.strip())


@dataclass(frozen=True)
class Docker:
    """The command is there and its engine answers. `blocks` says whether there is something left to build and push."""

    run_program: Run
    blocks: bool
    name: ClassVar = "docker"
    group: ClassVar = "Machine"
    needs: ClassVar = ()

    def run(self) -> Result:
        """Asks the engine for its version."""
        done = self.run_program(("docker", "version", "--format", "{{.Server.Version}}"))
        if done.code:
            said = (done.err or done.out).splitlines()
            return failed(f"Docker's engine doesn't answer: {said[-1] if said else 'no reason was given'}", _START)
        return ok(f"engine {done.out}")


_START: Final = "Start it: sudo systemctl start docker (or open Docker Desktop)"


@dataclass(frozen=True)
class Architecture:
    """Images for linux/amd64, the only ones that serverless endpoints run, can be built here."""

    run_program: Run
    name: ClassVar = "architecture"
    group: ClassVar = "Machine"
    needs: ClassVar = ("docker",)
    blocks: ClassVar = False

    def run(self) -> Result:
        """Asks the engine, which may be elsewhere."""
        arch = self.run_program(("docker", "version", "--format", "{{.Server.Arch}}")).out
        if arch in _AMD64:
            return ok("amd64, as SageMaker's")
        if self.run_program(("docker", "buildx", "version")).code:
            return warning(
                f"The engine is {arch}; building for linux/amd64 needs Docker's buildx plug-in.",
                "Install it: https://docs.docker.com/build/install-buildx/\n"
                "docker run --privileged --rm tonistiigi/binfmt --install amd64",
            )
        return warning(
            f"The engine is {arch}: buildx builds for linux/amd64 under emulation, which is slow.",
            "docker run --privileged --rm tonistiigi/binfmt --install amd64",
        )
