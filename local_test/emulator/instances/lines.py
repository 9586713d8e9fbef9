"""Bytes that an instance prints, cut into lines."""

from __future__ import annotations

from typing import Final

from local_test.emulator.instances.instance import Lines

MAX_LINE: Final = 256 * 1024
"""CloudWatch Logs' limit for an event. A longer line becomes several, so nothing is lost and memory stays small."""


class LineCutter:
    """Takes bytes as they come, and hands on whole lines without their ends. Not thread-safe."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._rest = bytearray()

    def feed(self, data: bytes) -> None:
        """Some more bytes."""
        self._rest += data
        *whole, rest = self._rest.split(b"\n")
        for line in whole:
            self._emit(line.removesuffix(b"\r"))
        while len(rest) > MAX_LINE:
            self._lines(bytes(rest[:MAX_LINE]))
            rest = rest[MAX_LINE:]
        self._rest = rest

    def end(self) -> None:
        """There is no more: hand on what has no end of line."""
        if self._rest:
            self._emit(self._rest)
            self._rest = bytearray()

    def _emit(self, line: bytearray) -> None:
        for start in range(0, max(len(line), 1), MAX_LINE):
            self._lines(bytes(line[start : start + MAX_LINE]))
