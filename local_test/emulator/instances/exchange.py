"""One HTTP exchange with an instance, within a deadline for all of it."""

from __future__ import annotations

from typing import NamedTuple

from local_test.emulator.instances.instance import Instance


class Question(NamedTuple):
    """What is sent to an instance."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Answer(NamedTuple):
    """What came back, whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class NoAnswer(Exception):
    """The instance gave none; the message says how it failed."""


class TimedOut(NoAnswer):
    """Not within the time."""


class Broken(NoAnswer):
    """It refused the connection, or ended it in the middle of an answer."""


class TooLarge(NoAnswer):
    """The answer has more bytes than may be."""


def exchange(instance: Instance, question: Question, seconds: float, max_bytes: int) -> Answer:
    """Ask and wait. Raises TimedOut when it isn't whole after `seconds`, however slowly it trickles; Broken; TooLarge."""
    raise NotImplementedError


def ping(instance: Instance, seconds: float) -> int | None:
    """The status of GET /ping, or None where there was no answer within `seconds`."""
    raise NotImplementedError
