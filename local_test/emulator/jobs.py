"""Jobs that run in the background, each in a thread of its own, until they end, are stopped, or are abandoned."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from local_test.emulator.store import Key


class Job(ABC):
    """One that runs. Its last word is in the store, unless it was abandoned."""

    def __init__(self, name: str) -> None:
        self._cancelled = threading.Event()
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _run(self) -> None:
        """The whole job."""

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, and Stopped."""
        self._cancelled.set()

    def abandon(self) -> None:
        """End at once, without a word in the store."""
        self._abandoned = True
        self.stop()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()


class Jobs:
    """All that run of one kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Key, Job] = {}

    def start(self, key: Key, job: Job) -> None:
        """Start one, in the background."""
        with self._lock:
            self._running = {other: running for other, running in self._running.items() if not running.over}
            self._running[key] = job
            job.start()

    def stop(self, key: Key) -> None:
        """Stop one, if it runs."""
        with self._lock:
            job = self._running.get(key)
        if job is not None:
            job.stop()

    def close(self) -> None:
        """Abandon all, and wait for them: the next start says what became of them."""
        with self._lock:
            jobs = list(self._running.values())
            self._running.clear()
        for job in jobs:
            job.abandon()
        for job in jobs:
            job.join()
