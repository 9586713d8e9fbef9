"""Server processes: started pinned to a core, timed to their first right answer, weighed, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from benchmarks.client import Connection
from benchmarks.contenders import PORT, Contender
from benchmarks.rows import Batch

# What the image sets, for everybody: one core each, and no thread pools beside it.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONUNBUFFERED": "1",
}
PATIENCE_SECONDS = 90.0
POLL_SECONDS = 0.002


class NotServing(Exception):
    """A server that ended, or didn't answer in time; carries the end of its log."""


def cores() -> tuple[int, int]:
    """The servers' core and the client's: the last and the first of those we may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[-1], allowed[0]


class Server:
    """One contender's process. Its output goes to a file, so that it never blocks on a full pipe."""

    def __init__(self, contender: Contender, core: int, logs: Path) -> None:
        self.contender = contender
        self.port = _free_port()
        self._log = logs / f"{contender.key}.log"
        command = ["taskset", "-c", str(core), *contender.command]
        environment = {**os.environ, **ENVIRONMENT, **contender.environment}
        with self._log.open("wb") as log:
            self._started = time.perf_counter()
            self._process = subprocess.Popen(
                [part.replace(PORT, str(self.port)) for part in command],
                env={name: value.replace(PORT, str(self.port)) for name, value in environment.items()},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for_first_answer(self, batch: Batch) -> float:
        """Seconds from the start of the process until `batch` was answered, with the right status."""
        content = self.contender.request(batch.lines)
        while (waited := time.perf_counter() - self._started) < PATIENCE_SECONDS:
            if self._process.poll() is not None:
                raise NotServing(f"it ended with {self._process.returncode}: {self._end_of_log()}")
            with contextlib.suppress(OSError):
                connection = Connection(self.port, PATIENCE_SECONDS - waited)
                with contextlib.closing(connection):
                    status, body = connection.ask(content)
                    seconds = time.perf_counter() - self._started
                    if status == 200:
                        if wrong := self.contender.wrong(batch, status, body):
                            raise NotServing(f"{wrong} of its first answers are wrong: {body[:200]!r}")
                        return seconds
            time.sleep(POLL_SECONDS)
        raise NotServing(f"no answer within {PATIENCE_SECONDS:g} s: {self._end_of_log()}")

    def memory(self) -> int:
        """PSS of the process and all its descendants, in bytes."""
        return sum(map(_pss, _tree(self._process.pid)))

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for what is left."""
        processes = _tree(self._process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=15)
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _end_of_log(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-3:])[-400:]


def _tree(pid: int) -> list[int]:
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _tree(int(child))
    return found


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
