"""What was measured of each size, and what it comes to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from container.contract import MEBIBYTE
from deploy.tune.options import HEADROOM, Tuning
from deploy.tune.target import Answered, Outcome

TRIM: Final = 0.2
"""Left out of the mean at either end: the fastest fifth of the calls, and the slowest."""


class Latency(NamedTuple):
    """Milliseconds, of so many calls. Percentiles are of all of them; `mean` is of the middle three fifths."""

    calls: int
    mean: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, times: Sequence[float]) -> Latency | None:
        """None for no calls at all."""
        if not times:
            return None
        ordered = sorted(times)
        left_out = int(len(ordered) * TRIM)
        middle = ordered[left_out : len(ordered) - left_out]
        return cls(len(ordered), statistics.fmean(middle), *(_percentile(ordered, share) for share in (50, 95, 99)))


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: a time that was measured, and never one between two."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


class Level(NamedTuple):
    """So many clients at a time: the latency that they saw of warm calls, and what didn't come through."""

    clients: int
    latency: Latency | None
    cold: int
    throttled: int
    failed: int


@dataclass
class Size:
    """One size. `stopped` says why no more was measured; empty where nothing stopped it."""

    memory_mb: int
    colds: list[Answered] = field(default_factory=list)
    warm: list[Answered] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    failures: list[Answered] = field(default_factory=list)
    bytes_in: list[int] = field(default_factory=list)
    peak_bytes: int = 0
    stopped: str = ""
    out_of_memory: bool = False

    def add(self, answered: Answered, bytes_in: int) -> None:
        """Count a call."""
        self.peak_bytes = max(self.peak_bytes, answered.max_used_bytes)
        if answered.outcome is not Outcome.ok:
            self.failures.append(answered)
            return
        self.bytes_in.append(bytes_in)
        (self.warm if answered.cold_init_ms is None else self.colds).append(answered)

    @property
    def latency(self) -> Latency | None:
        """Of warm calls, as the platform counts them; as the caller does, where it doesn't say."""
        return Latency.of([_duration(answered) for answered in self.warm])

    @property
    def billed_ms(self) -> float | None:
        """Of an average warm call: whole milliseconds are billed, begun ones too."""
        found = Latency.of([math.ceil(_duration(answered)) for answered in self.warm])
        return found.mean if found else None

    @property
    def payload_bytes(self) -> int:
        """In and out, of an average call."""
        answers = [answered.bytes_out for answered in (*self.warm, *self.colds)]
        if not answers or not self.bytes_in:
            return 0
        return round(statistics.fmean(self.bytes_in) + statistics.fmean(answers))

    @property
    def cold_parts(self) -> Mapping[str, float]:
        """Milliseconds, the median of each: download, the parts of the start (or the start as a whole, as `start`),
        and `first answer`."""
        # A container under load may say what its start was made of only after its first answer.
        told = [cold for cold in self.colds if cold.start_ms] or self.colds
        names = list(dict.fromkeys(name for cold in told for name in _parts(cold)))
        return {name: statistics.median(_parts(cold).get(name, 0.0) for cold in told) for name in names}

    @property
    def cold_ms(self) -> float | None:
        """The median of what a caller waits for who comes first."""
        return statistics.median(sum(_parts(cold).values()) for cold in self.colds) if self.colds else None

    @property
    def billed_cold_ms(self) -> float | None:
        """The median of what a cold call is billed if AWS bills the container's start, and not the download."""
        if not self.colds:
            return None
        return statistics.median((cold.cold_init_ms or 0) + _duration(cold) for cold in self.colds)

    @property
    def fits(self) -> bool:
        """Whether it may be recommended: it answered, and there is headroom above the peak."""
        measured = bool(self.warm) and self.peak_bytes > 0
        return measured and not self.stopped and self.peak_bytes * (1 + HEADROOM) <= self.memory_mb * MEBIBYTE

    @property
    def why_not(self) -> str:
        """Why it may not; empty where it may."""
        if self.stopped:
            return self.stopped
        if not self.warm:
            return "not measured"
        if not self.peak_bytes:
            return "nobody said how much memory it used"
        if not self.fits:
            peak = math.ceil(self.peak_bytes / MEBIBYTE)
            return f"its peak of {peak} MB leaves less than {HEADROOM:.0%} headroom"
        return ""


def _duration(answered: Answered) -> float:
    return answered.client_ms if answered.duration_ms is None else answered.duration_ms


def _parts(cold: Answered) -> dict[str, float]:
    download = {} if cold.download_ms is None else {"download": cold.download_ms}
    start = dict(cold.start_ms) or {"start": cold.cold_init_ms or 0.0}
    answer = {} if cold.duration_ms == 0 else {"first answer": _duration(cold)}  # 0: it is in the start already
    return {**download, **start, **answer}


@dataclass
class Measured:
    """All of it. `notes` are the target's; `interrupted`: somebody pressed Ctrl-C before it was done."""

    target: str
    notes: tuple[str, ...]
    tuning: Tuning
    sizes: dict[int, Size]
    interrupted: bool = False
