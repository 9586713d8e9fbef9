"""Trying again what fails only for now: a cold endpoint, a busy one, a connection that broke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from deploy.aws.invocation import NotNow
from deploy.errors import DeployError

T = TypeVar("T")


class NotAnswered(DeployError):
    """The endpoint was too busy, or not ready, for as long as was waited."""

    code = "not_answered"


class Patience(NamedTuple):
    """How long to go on (seconds since the first try), and the pauses: the first, and the longest they grow to."""

    total: float = 180.0
    first: float = 1.0
    longest: float = 15.0


ONE_TRY: Final = Patience(total=0.0)


class Persistence:
    """Calls until there is an answer; `clock` gives seconds, `tell` hears of every try that failed."""

    def __init__(
        self,
        patience: Patience,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._tell = tell

    def until_answered(self, call: Callable[[], T]) -> T:
        """What `call` returns. NotNow is tried again after pauses that double; raises NotAnswered in the end."""
        began, pause, tries = self._clock(), self._patience.first, 0
        while True:
            tries += 1
            try:
                return call()
            except NotNow as error:
                reason = error.reason + (f" ({error.code})" if error.code else "")
                if self._clock() - began + pause > self._patience.total:
                    raise self._give_up(reason, tries, self._clock() - began) from error
            self._tell(f"  try {tries}: {reason}; again in {pause:g} s")
            self._sleep(pause)
            pause = min(pause * 2, self._patience.longest)

    def _give_up(self, reason: str, tries: int, seconds: float) -> NotAnswered:
        if not self._patience.total:
            return NotAnswered(f"No answer: {reason}.", "Leave out --no-retry to have it tried again.")
        return NotAnswered(
            f"No answer after {tries} tries in {seconds:.0f} s: {reason}.",
            "See what it is at: coppice status NAME, coppice logs NAME\n"
            "More at a time: coppice deploy --max-concurrency N",
        )
