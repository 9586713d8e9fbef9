"""Runs a script in a process of its own: streams what it says, keeps the end of it, and passes signals on."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TextIO

KEPT_LINES: Final = 2000


class Ended(NamedTuple):
    """How a script ended: its exit code (negative for the signal that killed it), and the end of what it said."""

    code: int
    output: str
    errors: str


def run_child(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run Python with these arguments in `folder`; its modules are importable. SIGTERM goes on to it."""
    inherited = environment.get("PYTHONPATH", "")
    child = subprocess.Popen(  # noqa: S603 - running the user's script is what this is for
        [sys.executable, *arguments],
        cwd=folder,
        env={
            **environment,
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": f"{folder}:{inherited}" if inherited else str(folder),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stderr is not None  # noqa: S101 - narrows the type: both are pipes
    output, errors = _Stream(child.stdout, sys.stdout), _Stream(child.stderr, sys.stderr)
    with _passing_on(child):
        code = child.wait()
    return Ended(code, output.end(), errors.end())


class _Stream:
    """Passes lines on as they come, and keeps the last ones."""

    def __init__(self, source: IO[bytes], target: TextIO) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._source, self._target = source, target
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self) -> None:
        for raw in self._source:
            line = raw.decode(errors="replace")
            self._lines.append(line)
            self._target.write(line)
            self._target.flush()

    def end(self) -> str:
        """What is kept. A process that the script left behind may hold the pipe: it isn't waited for."""
        self._thread.join(timeout=5)
        return "".join(self._lines)


@contextmanager
def _passing_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    def forward(number: int, _frame: Any) -> None:
        child.send_signal(number)

    kept = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
