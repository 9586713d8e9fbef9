"""What the benchmark must show: each target's name, the figure as a ratio within one run, and its limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]


def server(key: str, figure: str) -> Callable[[Results], float]:
    """A figure of one server."""
    return lambda results: float(results["servers"][key][figure])


def ratio(figure: str, over: str) -> Callable[[Results], float]:
    """A figure of Coppice's forest engine over the same figure of another server."""
    return lambda results: server("forest", figure)(results) / server(over, figure)(results)


def kernel(rows: int) -> Callable[[Results], float]:
    """How many times faster the native kernel is than the estimator, in one process on one core."""
    return lambda results: float(results["kernel"][str(rows)]["scikit-learn"] / results["kernel"][str(rows)]["native"])


def artifact(results: Results) -> float:
    """The archive without the joblib over the gzipped joblib."""
    return float(results["model"]["artifact_bytes"] / results["model"]["joblib_gz_bytes"])


@dataclass(frozen=True)
class Target:
    """`figure` raises KeyError where it wasn't measured."""

    name: str
    figure: Callable[[Results], float]
    limit: float
    at_least: bool = False
    unit: str = "×"

    def verdict(self, results: Results) -> Verdict:
        """Whether it is met, in this run."""
        try:
            value = self.figure(results)
        except (KeyError, TypeError, ZeroDivisionError):
            return Verdict(self, None)
        return Verdict(self, value)


@dataclass(frozen=True)
class Verdict:
    """A target and what was measured; None for nothing."""

    target: Target
    value: float | None

    @property
    def met(self) -> bool:
        """Reached; what wasn't measured isn't."""
        if self.value is None:
            return False
        return self.value >= self.target.limit if self.target.at_least else self.value <= self.target.limit

    @property
    def words(self) -> str:
        """For the report."""
        return "not measured" if self.value is None else "met" if self.met else "NOT MET"


TARGETS = (
    Target("launch → first correct prediction, over the plain server's", ratio("launch_ms", "plain"), 0.20),
    Target("launch → first correct prediction, over the empty Flask app's", ratio("launch_ms", "empty"), 1.35),
    Target("PSS, over the plain server's", ratio("pss_mb", "plain"), 0.25),
    Target("artifact without the joblib, over the gzipped joblib", artifact, 0.45),
    Target("single-row p50, over the empty Flask app's", ratio("p50_ms", "empty"), 1.25),
    Target("single-row p50, over the plain server's", ratio("p50_ms", "plain"), 0.15),
    Target("10,000 rows in a request: rows/s, over the plain server's", ratio("rows_10000_per_s", "plain"), 2, True),
    Target("kernel alone, 1 row, against RandomForestRegressor.predict", kernel(1), 150, True),
    Target("kernel alone, 100 rows", kernel(100), 10, True),
    Target("kernel alone, 10,000 rows", kernel(10_000), 2.2, True),
    Target("/ping p99 while 10,000-row requests run", server("forest", "ping_p99_ms"), 10, unit="ms"),
    Target(
        "1,000 trees: launch → first correct prediction, over the 100 trees'",
        lambda results: float(results["big"]["launch_ms"] / results["big"]["small_launch_ms"]),
        2,
    ),
    Target(
        "1,000 trees: right answers from a 1024 MB container (1 = yes)",
        lambda results: float(results["big"]["serves_in_1024_mb"]),
        1,
        at_least=True,
        unit="",
    ),
)


def verdicts(results: Results) -> list[Verdict]:
    """All targets, in the issue's order."""
    return [target.verdict(results) for target in TARGETS]
