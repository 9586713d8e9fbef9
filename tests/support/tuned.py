"""A target for `tune` that answers from a script, and what is measured of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from container.contract import MEBIBYTE
from deploy.aws.invocation import Call
from deploy.tune.measured import Measured, Size
from deploy.tune.options import Goal, Strategy, Tuning
from deploy.tune.target import Answered, DoesNotFit, Outcome

TUNING = Tuning((1024, 2048, 3072), 6, 2, (1,), Strategy(Goal.cost), 1_000_000, 2048, 5)
CALL = Call(b"1,2", "text/csv")


class FakeTarget:
    """Answers in 12 ms and with 100 MB at the peak, but for what `answers` says of a call; notes all that is done."""

    name = "emulator"
    notes = ("nothing is real here",)

    def __init__(
        self, answers: Callable[[int, int], Answered | None] = lambda _size, _number: None, unfit: tuple[int, ...] = ()
    ) -> None:
        """`answers` gets a size and the number of its call, from 1."""
        self.done: list[tuple[str, int]] = []
        self._answers = answers
        self._unfit = unfit
        self._cold: set[int] = set()
        self._calls: dict[int, int] = {}

    def place(self, memory_mb: int) -> None:
        self.done.append(("place", memory_mb))
        if memory_mb in self._unfit:
            raise DoesNotFit(f"The container outgrew its memory of {memory_mb} MB.")

    def cool(self, memory_mb: int) -> None:
        self.done.append(("cool", memory_mb))
        self._cold.add(memory_mb)

    def call(self, memory_mb: int, call: Call) -> Answered:
        self.done.append(("call", memory_mb))
        number = self._calls[memory_mb] = self._calls.get(memory_mb, 0) + 1
        scripted = self._answers(memory_mb, number)
        if scripted is not None:
            return scripted
        init = 300.0 if memory_mb in self._cold else None
        self._cold.discard(memory_mb)
        return answered(12.0, cold_init_ms=init)

    def peak_bytes(self, memory_mb: int) -> int:
        return 0

    def remove(self, memory_mb: int) -> None:
        self.done.append(("remove", memory_mb))

    def left(self) -> tuple[str, ...]:
        return ()


def answered(duration_ms: float, peak_mb: int = 100, **changed: Any) -> Answered:
    """A good answer."""
    return Answered(
        Outcome.ok, client_ms=duration_ms + 3, bytes_out=20, duration_ms=duration_ms, max_used_bytes=peak_mb * MEBIBYTE
    )._replace(**changed)


def sized(memory_mb: int, durations: list[float], peak_mb: int = 100, stopped: str = "") -> Size:
    """A size with these warm calls."""
    size = Size(memory_mb, stopped=stopped)
    for duration in durations:
        size.add(answered(duration, peak_mb), 30)
    return size


def measured(*sizes: Size, **changed: Any) -> Measured:
    """These sizes, of a tuning that is changed so."""
    tuning = TUNING._replace(sizes=tuple(size.memory_mb for size in sizes), **changed)
    return Measured("emulator", ("nothing is real here",), tuning, {size.memory_mb: size for size in sizes})
