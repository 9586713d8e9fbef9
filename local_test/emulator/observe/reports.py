"""The last calls' REPORT lines, whichever endpoint they were for."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from local_test.emulator.observe.report import Report

KEPT: Final = 1000
"""So many can be asked for."""
SHOWN: Final = 100
"""So many are shown."""


class _Kept(NamedTuple):
    number: int
    time: float
    endpoint: str
    report: Report

    def shown(self) -> dict[str, Any]:
        report = self.report
        return {
            "number": self.number,
            "time": self.time,
            "endpoint": self.endpoint,
            "region": report.region,
            "request_id": report.request_id,
            "kind": _kind(report),
            "line": report.line(),
            **report.numbers(),
        }


class Reports:
    """Thread-safe. `tell` gets each line, from whichever thread knows it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._last: deque[_Kept] = deque(maxlen=KEPT)

    def add(self, endpoint: str, report: Report) -> None:
        """A call to an endpoint has ended."""
        with self._lock:
            self._last.append(_Kept(next(self._numbers), time.time(), endpoint, report))

    def tell(self, report: Report) -> None:
        """Its line is complete."""
        self._tell(report.line())

    def last(self) -> list[dict[str, Any]]:
        """The SHOWN last, oldest first: number (1, 2, …), time (seconds since 1970), endpoint, region, request_id,
        kind (warm, cold, throttled, failed) and line, and what Report.numbers has."""
        with self._lock:
            shown = list(self._last)[-SHOWN:]
        return [kept.shown() for kept in shown]

    def of(self, request_id: str) -> dict[str, Any] | None:
        """The report of one call, as `last` has it; None where it is none of the last KEPT."""
        with self._lock:
            return next((kept.shown() for kept in reversed(self._last) if kept.report.request_id == request_id), None)

    def clear(self) -> None:
        """Forget them; numbers go on."""
        with self._lock:
            self._last.clear()


def _kind(report: Report) -> str:
    if report.outcome:
        return "throttled" if report.outcome == "throttled" else "failed"
    return "warm" if report.cold_init_seconds is None else "cold"
