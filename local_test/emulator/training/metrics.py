"""Metrics that a job's log lines give, by the regular expressions of its MetricDefinitions."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class _Definition(NamedTuple):
    name: str
    regex: re.Pattern[str]


class Metrics:
    """Takes lines, tells every value, and keeps the last of each metric."""

    def __init__(self, definitions: list[dict[str, str]], tell: Callable[[str, float], None]) -> None:
        """`tell` takes a metric's name and a value of it."""
        self._tell = tell
        self._definitions = [_Definition(one["Name"], re.compile(one["Regex"])) for one in definitions]
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, Any]] = {}

    def take(self, line: bytes) -> None:
        """One line of the log."""
        if not self._definitions:
            return
        text = line.decode(errors="replace")
        for definition in self._definitions:
            match = definition.regex.search(text)
            if match is None or not match.groups():
                continue
            try:
                value = float(match.group(1))
            except (TypeError, ValueError):
                continue
            self._tell(definition.name, value)
            with self._lock:
                self._found[definition.name] = {
                    "MetricName": definition.name,
                    "Value": value,
                    "Timestamp": round(time.time(), 3),
                }

    def final(self) -> list[dict[str, Any]]:
        """As FinalMetricDataList has them."""
        with self._lock:
            return list(self._found.values())


def broken(definitions: list[dict[str, str]]) -> str | None:
    """The first regular expression that is none."""
    for one in definitions:
        try:
            re.compile(one["Regex"])
        except re.error:
            return one["Regex"]
    return None
