"""Following a log: every line once, late ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from deploy.aws.logs import LogEvent

OVERLAP_MS: Final = 60_000
"""How much is read again each time: CloudWatch shows lines up to some seconds after they were written, in any order."""
PAUSE_SECONDS: Final = 2.0


class Reader(Protocol):
    """Where lines are read: as deploy.aws.logs.LogReader."""

    def since(self, group: str, milliseconds: int) -> Iterable[LogEvent]:
        """The lines written at that time or later, oldest first."""


def follow(
    reader: Reader,
    group: str,
    start: int,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    seen: Iterable[LogEvent] = (),
) -> Iterator[LogEvent]:
    """The lines from `start` (milliseconds) on, but for those `seen`, as they come; never ends.

    A line shows up once, by CloudWatch's id. One that CloudWatch holds back for longer than OVERLAP_MS, while others
    come, is missed.
    """
    known = {event.id: event.milliseconds for event in seen}
    while True:
        for event in reader.since(group, start):
            if event.id not in known:
                known[event.id] = event.milliseconds
                yield event
        newest = max(known.values(), default=start)
        start = max(start, min(newest, int(clock() * 1000)) - OVERLAP_MS)  # a line may be dated in the future
        known = {event: at for event, at in known.items() if at >= start}
        sleep(PAUSE_SECONDS)
