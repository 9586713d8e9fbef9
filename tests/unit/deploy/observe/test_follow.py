from __future__ import annotations

from itertools import islice

import pytest

from deploy.aws.logs import LogEvent
from deploy.observe.follow import OVERLAP_MS, follow

START = 1_000_000_000


def event(name: str, at: int) -> LogEvent:
    return LogEvent(name, START + at, "s", name)


class Ends(Exception):
    pass


class Log:
    """A log that has more in it each time it is read; the clock goes on while one sleeps."""

    def __init__(self, *reads: list[LogEvent]):
        self.reads, self.asked, self.events, self.now = list(reads), [], [], START / 1000

    def since(self, group, milliseconds):
        if not self.reads:
            raise Ends
        self.asked.append(milliseconds)
        self.events += self.reads.pop(0)
        return sorted(
            (one for one in self.events if one.milliseconds >= milliseconds), key=lambda one: one.milliseconds
        )

    def sleep(self, seconds):
        self.now += seconds

    def follow(self, seen=()):
        shown = []
        with pytest.raises(Ends):
            for one in follow(self, "group", START, lambda: self.now, self.sleep, seen):
                shown.append(one.id)  # noqa: PERF401 - what came before the end counts
        return shown


def test_every_line_once_in_the_order_it_showed_up():
    assert Log([event("a", 0), event("b", 10)], [event("c", 20)], [], [event("d", 20)]).follow() == list("abcd")


def test_lines_that_come_late_are_shown():
    late = Log([event("a", 0), event("b", 50_000)], [event("c", 5_000)], [event("d", 50_000)])
    assert late.follow() == list("abcd")


def test_what_was_shown_before_isn_t_shown_again():
    assert Log([event("a", 0), event("b", 1)]).follow(seen=[event("a", 0)]) == ["b"]


def test_a_line_from_the_future_hides_none():
    log = Log([event("future", 7_200_000)], [event("a", 1_000)], [event("b", 2_000)])
    assert log.follow() == ["future", "a", "b"]


def test_a_long_log_isn_t_read_from_its_start_again():
    log = Log([event("a", 0)], *[[event(str(number), number * 60_000)] for number in range(1, 6)])
    log.sleep = lambda seconds: setattr(log, "now", log.now + 60)
    assert len(log.follow()) == 6
    assert log.asked[-1] >= START + 4 * 60_000 - OVERLAP_MS


def test_it_waits_between():
    log = Log([event("a", 0)], [event("b", 1)])
    assert [one.id for one in islice(follow(log, "g", START, lambda: log.now, log.sleep), 2)] == ["a", "b"]
    assert log.now > START / 1000
