"""One container: its lines, its memory, its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import docker.errors
from requests.exceptions import RequestException

from local_test.emulator.instances import job_files
from local_test.emulator.instances.cgroup import Memory
from local_test.emulator.instances.instance import Exit, Lines
from local_test.emulator.instances.lines import LineCutter

KILLED: Final = 128 + 9
END_SECONDS: Final = 5.0
"""How long the engine may take to notice that a container's processes have gone."""

ENGINE_FAILURES: Final = (RequestException, docker.errors.DockerException, OSError)


class Output(Protocol):
    """docker-py's stream: what came on stdout and on stderr."""

    def __iter__(self) -> Iterator[tuple[bytes | None, bytes | None]]: ...

    def close(self) -> None:
        """Let go of the connection."""


class DockerInstance:
    """A container that runs. `remove` is called once, and leaves nothing of it; `limit` is of its memory, in bytes."""

    def __init__(
        self,
        container: Any,
        address: tuple[str, int],
        memory: Memory,
        *,
        limit: int | None,
        output: Output,
        lines: Lines,
        remove: Callable[[DockerInstance], None],
        base: Path | None = None,
    ) -> None:
        self.id: str = container.id
        self.host, self.port = address
        self.container = container
        self._memory = memory
        self._limit = limit
        self._remove = remove
        self._base = base
        self._peak = 0
        self._used = 0
        self._outgrown = False
        self._exit: Exit | None = None
        self._over = threading.Event()
        self._stopping = threading.Lock()
        self._stopped = False
        self._life = threading.Thread(
            target=self._live, args=(output, lines), name=f"lines of {self.id[:12]}", daemon=True
        )
        self._life.start()

    def ended(self) -> Exit | None:
        """As Instance has it. What the kernel has killed has ended, even where the engine doesn't know yet."""
        if not self._over.is_set() and not self._outgrown and not self.look():
            self._over.wait(END_SECONDS)
        if self._outgrown:
            return Exit(KILLED, out_of_memory=True)
        return self._exit

    def memory_bytes(self) -> int:
        """As Instance has it: the highest `used` of all readings; the limit, where the kernel killed somebody at it."""
        return self._limit if self._outgrown and self._limit else self._peak

    def memory_now(self) -> int:
        """As Instance has it."""
        return self._used

    def look(self) -> bool:
        """Measure, and end what the kernel has begun to kill; False where there is nothing to look at any more."""
        reading = self._memory.read()
        if reading is None:
            return False
        self._used = reading.used
        self._peak = max(self._peak, reading.used)
        if self._limit and reading.killed and not self._outgrown:
            # The kernel kills one process, and a server may replace it; the platform counts the container as gone.
            self._outgrown = True
            with suppress(*ENGINE_FAILURES):
                self.container.kill()
        return True

    def end(self, grace: float) -> None:
        """As Instance has it."""
        for number in ("SIGTERM", "SIGKILL"):
            if not self._over.is_set():
                with suppress(*ENGINE_FAILURES):
                    self.container.kill(number)
                self._over.wait(grace if number == "SIGTERM" else END_SECONDS)

    def collect(self) -> None:
        """As Instance has it."""
        if self._base is not None:
            job_files.collect(self.container, self._base)

    def stop(self, grace: float) -> None:
        """As Instance has it."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            if grace > 0 and not self._over.is_set():
                with suppress(*ENGINE_FAILURES):
                    self.container.kill("SIGTERM")
                    self._over.wait(grace)
            self._remove(self)
            self._life.join(END_SECONDS)

    def _live(self, output: Output, lines: Lines) -> None:
        """Take what it prints until it ends, and then how it ended."""
        out, err = LineCutter(lines), LineCutter(lines)
        with suppress(*ENGINE_FAILURES), closing(output):
            for some_out, some_err in output:
                out.feed(some_out or b"")
                err.feed(some_err or b"")
        out.end()
        err.end()
        self._exit = self._how_it_ended()
        self._over.set()

    def _how_it_ended(self) -> Exit:
        try:
            code = self.container.wait(timeout=None)["StatusCode"]
            self.container.reload()
        except ENGINE_FAILURES:  # it was removed, or the engine has gone
            return Exit(None, self._outgrown)
        self._outgrown |= self._limit is not None and self.container.attrs["State"]["OOMKilled"]
        return Exit(code, self._outgrown)
