"""The measurements, each of one server for a moment, so that rounds can take turns between servers."""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks import client
from benchmarks.client import Connection
from benchmarks.processes import Server
from benchmarks.rows import Batch

PING_EVERY_SECONDS = 0.005
CROWD = 2
"""Connections that send 10,000 rows after 10,000 rows while /ping is asked: the server never rests."""


@dataclass
class Tally:
    """Answers that were compared with the estimator's, and those that differed."""

    compared: int = 0
    wrong: int = 0

    def add(self, server: Server, batch: Batch, status: int, body: bytes) -> None:
        """Compare one reply; raises ValueError for an error, after which more requests would only take time."""
        if status != 200:
            raise ValueError(f"answered {status}: {body[:200].decode(errors='replace')}")
        self.compared += len(batch.lines)
        self.wrong += server.contender.wrong(batch, status, body)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values don't exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def latencies(server: Server, batches: Iterator[Batch], count: int, seconds: float, tally: Tally) -> list[float]:
    """Seconds of each of `count` requests on one connection, fewer once `seconds` are over; the first two don't count.

    Answers are compared between the requests, while no clock runs.
    """
    found: list[float] = []
    end = time.perf_counter() + seconds
    with contextlib.closing(Connection(server.port)) as connection:
        for number in range(count + 2):
            batch = next(batches)
            content = server.contender.request(batch.lines)
            start = time.perf_counter()
            status, body = connection.ask(content)
            elapsed = time.perf_counter() - start
            tally.add(server, batch, status, body)
            if number >= 2:
                found.append(elapsed)
                if start > end:
                    break
    return found


def ping_under_load(server: Server, batches: Iterator[Batch], seconds: float, tally: Tally) -> list[float]:
    """Seconds of each /ping, asked every few milliseconds on a connection of its own beside large requests."""
    done = threading.Event()
    work = [[next(batches) for _ in range(2)] for _ in range(CROWD)]
    replies: list[tuple[Batch, int, bytes]] = []
    crowd = [threading.Thread(target=_send_until, args=(done, server, share, replies)) for share in work]
    ping = client.request("GET", server.contender.ping)
    found: list[float] = []
    # Python hands the lock on after this long; the load's threads must not hold up the clock.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    try:
        with contextlib.closing(Connection(server.port)) as connection:
            connection.ask(ping)
            for thread in crowd:
                thread.start()
            time.sleep(0.1)
            end = time.perf_counter() + seconds
            while (start := time.perf_counter()) < end:
                status, _ = connection.ask(ping)
                found.append(time.perf_counter() - start)
                if status != 200:
                    raise ValueError(f"/ping answered {status} under load")
                time.sleep(PING_EVERY_SECONDS)
    finally:
        done.set()
        for thread in crowd:
            thread.join()
        sys.setswitchinterval(interval)
    for batch, status, body in replies:
        tally.add(server, batch, status, body)
    return found


def _send_until(
    done: threading.Event, server: Server, batches: list[Batch], replies: list[tuple[Batch, int, bytes]]
) -> None:
    contents = [server.contender.request(batch.lines) for batch in batches]
    with contextlib.closing(Connection(server.port)) as connection:
        while not done.is_set():
            for batch, content in zip(batches, contents, strict=True):
                replies.append((batch, *connection.ask(content)))
