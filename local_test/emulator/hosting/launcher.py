"""From a variant to an instance that serves it, with a log stream of its own."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from local_test.emulator.hosting.plan import Variant
from local_test.emulator.instances.instance import Instance
from local_test.emulator.instances.starter import Started, Starter, StartFailed
from local_test.emulator.observe.log_stream import LogStream, LogStreams
from local_test.emulator.observe.start_parts import parts_in
from local_test.emulator.store import Key

LAST_LINES: Final = 5
"""Of a container that failed, in its FailureReason."""
LINE_CHARS: Final = 500
AT_ONCE_SECONDS: Final = 1.0


@dataclass(eq=False)
class Running:
    """An instance that a pool has. The pool's lock guards what isn't of its start."""

    instance: Instance
    started: Started
    stream: LogStream
    parts: Mapping[str, float] = field(default_factory=dict)
    """What its start was made of, in milliseconds, where the container says so: once its log has come that far."""
    told: threading.Event = field(default_factory=threading.Event)
    """`parts` are there, or none are to be expected."""
    calls: int = 0
    """Being answered now."""
    ready_since: float = field(default_factory=time.monotonic)
    idle_since: float = field(default_factory=time.monotonic)
    dead: bool = False
    """It was seen to have ended."""


class LaunchFailed(Exception):
    """An instance didn't start: why, and what it printed last."""

    def __init__(self, reason: StartFailed, last_lines: tuple[str, ...]) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.last_lines = last_lines


class Launcher:
    """Starts the instances of an endpoint."""

    def __init__(self, endpoint: Key, starter: Starter, logs: LogStreams, stop_seconds: float) -> None:
        self._endpoint = endpoint
        self._starter = starter
        self._logs = logs
        self._stop_seconds = stop_seconds
        self._tells = False
        """An earlier container has said what its start was made of, so these do."""

    def launch(self, variant: Variant, cancelled: Callable[[], bool]) -> Running:
        """Start one and wait until it is ready. Raises LaunchFailed, soon where `cancelled` turns true."""
        group = f"/aws/sagemaker/Endpoints/{self._endpoint.name}"
        stream = self._logs.open(self._endpoint.region, group, f"{variant.name}/i-{secrets.token_hex(8)}")
        last: deque[str] = deque(maxlen=LAST_LINES)
        parts: dict[str, float] = {}
        told = threading.Event()

        def lines(line: bytes) -> None:
            stream.write(line)
            if found := parts_in(line):
                parts.update(found)
                self._tells = True
                told.set()
            if line.strip():
                last.append(line[:LINE_CHARS].decode(errors="replace").strip())

        try:
            started = self._starter.start(variant.wanted(self._endpoint), lines, cancelled)
        except StartFailed as reason:
            raise LaunchFailed(reason, tuple(last)) from None
        if not self._tells:
            told.set()
        return Running(started.instance, started, stream, parts, told)

    def stop(self, instances: Iterable[Running], *, at_once: bool = False) -> None:
        """Stop them together: SIGTERM, and SIGKILL to what doesn't end in time, which `at_once` leaves little of."""
        grace = min(AT_ONCE_SECONDS, self._stop_seconds) if at_once else self._stop_seconds
        threads = [
            threading.Thread(target=one.instance.stop, args=(grace,), name="stop", daemon=True) for one in instances
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
