"""Runs a script in a process of its own: streams what it says, keeps the end of it, and passes signals on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TextIO

KEPT_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 64 * 1024
AT_START: Final = Path(__file__).parent / "at_start"
"""Its sitecustomize.py is what Python imports before the script."""

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Child = subprocess.Popen[bytes]


class Ended(NamedTuple):
    """How a script ended: its exit code (negative for the signal that killed it), and the end of what it said."""

    code: int
    output: str
    errors: str


def run_child(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run Python with these arguments in `folder`; its modules are importable. SIGTERM and SIGINT go on to it."""
    with _signals() as pass_on:
        child = subprocess.Popen(  # noqa: S603 - running the user's script is what this is for
            [sys.executable, *arguments],
            cwd=folder,
            env=_environment(environment, folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        pass_on(child)
        assert child.stdout is not None and child.stderr is not None  # noqa: S101 - narrows the type: both are pipes
        output, errors = _Stream(child.stdout, sys.stdout), _Stream(child.stderr, sys.stderr)
        code = child.wait()
    return Ended(code, output.end(), errors.end())


def _environment(given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """`given`, with the folder's modules importable, output that isn't held back, and all cores to train on."""
    path = [str(folder), str(AT_START), *filter(None, [given.get("PYTHONPATH")])]
    kept = {name: value for name, value in given.items() if name not in single_threads(given)}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(path)}


def single_threads(environment: Mapping[str, str]) -> list[str]:
    """The variables with which the image keeps serving to one core; training has a whole machine."""
    return [name for name in THREADS if environment.get(name) == "1"]


class _Stream:
    """Passes on what is said as it comes, and keeps the end of it."""

    def __init__(self, source: IO[bytes], target: TextIO) -> None:
        self._kept = b""
        self._source, self._target = source, target
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self) -> None:
        while chunk := os.read(self._source.fileno(), CHUNK_BYTES):
            self._kept = (self._kept + chunk)[-KEPT_BYTES:]
            # Nobody may listen any more (`docker run … | head`): the script must not wait for that.
            with contextlib.suppress(OSError, ValueError):
                self._target.buffer.write(chunk)
                self._target.flush()

    def end(self) -> str:
        """What is kept. A process that the script left behind may hold the pipe: it isn't waited for."""
        self._thread.join(timeout=5)
        return self._kept.decode(errors="replace")


@contextmanager
def _signals() -> Iterator[Callable[[Child], None]]:
    """Yields what to call with the child once it is there; a signal that comes earlier reaches it then."""
    children: list[Child] = []
    early: list[int] = []

    def forward(number: int, _frame: Any) -> None:
        if children:
            children[0].send_signal(number)
        else:
            early.append(number)

    def pass_on(child: Child) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    kept = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield pass_on
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
