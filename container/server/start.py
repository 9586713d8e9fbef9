"""What a start is made of, so that a slow one can be mended: the interpreter, the imports, the model, the server."""

from __future__ import annotations

import time

from container import resources


class Start:
    """Notes when each part of a start has ended. `entered` is when our first line ran, in time.monotonic's seconds."""

    def __init__(self, entered: float) -> None:
        self._entered = entered
        self._ends: dict[str, float] = {}

    def ended(self, part: str) -> None:
        """A part has ended in this moment, and the next begins."""
        self._ends[part] = time.monotonic()

    def milliseconds(self) -> dict[str, float]:
        """How long each part took, in order, with their sum as `total`. `interpreter` is what lies between the
        process's start and our first line; it is left out where the system doesn't say when that was."""
        age = resources.process_age()
        parts: dict[str, float] = {}
        if age is not None:
            parts["interpreter"] = max(0.0, age - (time.monotonic() - self._entered))
        before = self._entered
        for part, end in self._ends.items():
            parts[part], before = end - before, end
        parts["total"] = sum(parts.values())
        return {part: round(1000 * seconds, 1) for part, seconds in parts.items()}
