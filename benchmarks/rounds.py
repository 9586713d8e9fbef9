"""The interleaved run: A, B, C, A, B, C …, first launches with one server at a time, then all up and taking turns."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import wrk
from benchmarks.contenders import Contender
from benchmarks.measure import Tally, latencies, percentile, ping_under_load
from benchmarks.processes import NotServing, Server
from benchmarks.rows import Rows

MEGABYTE = 1e6


@dataclass(frozen=True)
class Plan:
    """How much is measured. In a round a server gets `seconds` for each figure, and no more requests than said."""

    launches: int = 9
    rounds: int = 5
    seconds: float = 3
    singles: int = 400
    batches: tuple[tuple[int, int], ...] = ((100, 40), (1_000, 15), (10_000, 5))
    connections: tuple[int, ...] = (4, 16)
    warm_up: int = 200


QUICK = Plan(launches=1, rounds=1, seconds=0.3, singles=50, batches=((100, 3), (1_000, 2)), warm_up=20)


@dataclass
class Record:
    """What was measured of one contender, a value for each round, and what stood in the way."""

    contender: Contender
    values: dict[str, list[float]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    note: str = ""

    def add(self, figure: str, value: float) -> None:
        """One round's value."""
        self.values.setdefault(figure, []).append(value)

    def summary(self) -> dict[str, Any]:
        """Medians over the rounds, and how the answers compared."""
        return {
            "title": self.contender.title,
            "peer": self.contender.peer,
            "note": self.note,
            "answers_compared": self.tally.compared,
            "answers_wrong": self.tally.wrong,
            **{figure: statistics.median(values) for figure, values in self.values.items()},
        }


class Run:
    """One run over contenders that are asked the same rows."""

    def __init__(self, contenders: list[Contender], rows: Rows, cores: tuple[int, int], plan: Plan, work: Path) -> None:
        self.records = {contender.key: Record(contender) for contender in contenders}
        self._rows = rows
        self._server_core, self._client_core = cores
        self._plan = plan
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        for contender in contenders:
            wrk.write_bodies(contender, rows, work)

    def launch_in_turns(self) -> None:
        """Launch → first right answer, and PSS after the warm-up; nobody else is up, so that nobody shares pages."""
        for number in range(self._plan.launches):
            for record in self._sound():
                say(f"launch {number + 1} of {self._plan.launches}: {record.contender.title}")
                with self._noting(record), self._up(record, number) as (server, seconds):
                    record.add("launch_ms", seconds * 1e3)
                    singles = self._rows.batches(1, seed=100 + number)
                    latencies(server, singles, self._plan.warm_up, 60, record.tally)
                    record.add("pss_mb", server.memory() / MEGABYTE)

    def serve_in_turns(self) -> None:
        """Everything that is asked of a server that is up and warm."""
        with contextlib.ExitStack() as stack:
            servers: dict[str, Server] = {}
            for record in self._sound():
                with self._noting(record):
                    servers[record.contender.key], _ = stack.enter_context(self._up(record, 0))
            for number in range(self._plan.rounds):
                for name, step in self._steps(number):
                    say(f"round {number + 1} of {self._plan.rounds}: {name}")
                    for record in self._sound():
                        with self._noting(record):
                            step(record, servers[record.contender.key])

    def _steps(self, number: int) -> Iterator[tuple[str, Callable[[Record, Server], None]]]:
        yield "single rows", lambda record, server: self._singles(record, server, number)
        for connections in self._plan.connections if wrk.is_here() else ():
            yield f"{connections} connections", self._crowds(connections)
        for size, count in self._plan.batches:
            yield f"{size:,} rows", self._large(size, count, number)
        yield "/ping under load", lambda record, server: self._pings(record, server, number)

    def _singles(self, record: Record, server: Server, number: int) -> None:
        singles = self._rows.batches(1, seed=number)
        found = latencies(server, singles, self._plan.singles, self._plan.seconds, record.tally)
        for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99)):
            record.add(f"{name}_ms", percentile(found, share) * 1e3)

    def _crowds(self, connections: int) -> Callable[[Record, Server], None]:
        def step(record: Record, server: Server) -> None:
            rate = wrk.requests_per_second(server, self._client_core, connections, self._plan.seconds, self._work)
            record.add(f"rps_{connections}", rate)

        return step

    def _large(self, size: int, count: int, number: int) -> Callable[[Record, Server], None]:
        def step(record: Record, server: Server) -> None:
            if record.contender.constant is not None:
                return
            batches = self._rows.batches(size, seed=number)
            found = latencies(server, batches, count, self._plan.seconds, record.tally)
            median = statistics.median(found)
            record.add(f"rows_{size}_ms", median * 1e3)
            record.add(f"rows_{size}_per_s", size / median)

        return step

    def _pings(self, record: Record, server: Server, number: int) -> None:
        if record.contender.constant is not None:
            return
        size, _ = self._plan.batches[-1]
        found = ping_under_load(server, self._rows.batches(size, seed=number), self._plan.seconds, record.tally)
        record.add("ping_p99_ms", percentile(found, 0.99) * 1e3)

    def _sound(self) -> list[Record]:
        return [record for record in self.records.values() if not record.note]

    @contextlib.contextmanager
    def _up(self, record: Record, seed: int) -> Iterator[tuple[Server, float]]:
        server = Server(record.contender, self._server_core, self._work)
        try:
            yield server, server.wait_for_first_answer(next(self._rows.batches(1, seed)))
        finally:
            server.stop()

    @contextlib.contextmanager
    def _noting(self, record: Record) -> Iterator[None]:
        """A contender that fails is out, with the reason in the table; the run goes on without it."""
        try:
            yield
        except (NotServing, OSError, ValueError) as error:
            record.note = f"{type(error).__name__}: {error}"
            say(f"{record.contender.title} is out: {record.note}")


def say(line: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
