"""An endpoint's metrics: which there are, what they come to over a time, and how they went.

Names and units are those of AWS's page on monitoring endpoints with CloudWatch. What nobody reported isn't zero: it
is None, here and in every document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from deploy.aws.cloudwatch import Series, Unavailable
from deploy.endpoint.running import Kind

_SAGEMAKER: Final = "AWS/SageMaker"
_INSTANCES: Final = "/aws/sagemaker/Endpoints"
BUCKETS: Final = 36
"""How many periods a time is cut into, at most."""
_DAY: Final = 86400
_FINEST: Final = ((63 * _DAY, 3600), (15 * _DAY, 300), (0, 60))
"""CloudWatch's finest period (seconds) for what is older than so many seconds."""


class Metric(NamedTuple):
    """A metric as CloudWatch has it, the key and words it goes by here, and the factor from its unit to ours."""

    key: str
    title: str
    namespace: str
    name: str
    unit: str
    scale: float = 1.0

    @property
    def counts(self) -> bool:
        """Whether it is added up; the others are averaged."""
        return self.unit == "count"

    @property
    def timed(self) -> bool:
        """Whether it is a time, whose percentiles tell more than its average."""
        return self.unit == "ms"


_ALWAYS: Final = (
    Metric("invocations", "invocations", _SAGEMAKER, "Invocations", "count"),
    Metric("errors_4xx", "4xx errors", _SAGEMAKER, "Invocation4XXErrors", "count"),
    Metric("errors_5xx", "5xx errors", _SAGEMAKER, "Invocation5XXErrors", "count"),
    Metric("model_latency", "model latency", _SAGEMAKER, "ModelLatency", "ms", 1e-3),
    Metric("overhead_latency", "overhead latency", _SAGEMAKER, "OverheadLatency", "ms", 1e-3),
)
_MEMORY: Final = Metric("memory_utilization", "memory", _INSTANCES, "MemoryUtilization", "percent")
_SERVERLESS: Final = (
    Metric("model_setup_time", "model setup time", _SAGEMAKER, "ModelSetupTime", "ms", 1e-3),
    _MEMORY,
    Metric(
        "concurrency_utilization",
        "concurrency",
        _SAGEMAKER,
        "ServerlessConcurrentExecutionsUtilization",
        "percent",
        100,
    ),
)
_PROVISIONED: Final = (
    Metric(
        "provisioned_utilization",
        "provisioned",
        _SAGEMAKER,
        "ServerlessProvisionedConcurrencyUtilization",
        "percent",
        100,
    ),
    Metric(
        "provisioned_spillover",
        "spilled over",
        _SAGEMAKER,
        "ServerlessProvisionedConcurrencySpilloverInvocations",
        "count",
    ),
)
_ON_INSTANCES: Final = (_MEMORY, Metric("cpu_utilization", "cpu", _INSTANCES, "CPUUtilization", "percent"))


def of_kind(kind: Kind, provisioned: bool) -> tuple[Metric, ...]:
    """The metrics that such an endpoint reports."""
    if kind is Kind.serverless:
        return _ALWAYS + _SERVERLESS + (_PROVISIONED if provisioned else ())
    return _ALWAYS + _ON_INSTANCES


class Window(NamedTuple):
    """A time cut into `periods`; `start` and each `period` are in seconds, on boundaries that CloudWatch keeps."""

    start: int
    period: int
    periods: int

    @property
    def end(self) -> int:
        """When the last period ends: now, or up to a period later."""
        return self.start + self.period * self.periods

    @classmethod
    def until(cls, now: float, since: float) -> Window:
        """From `since` to `now`, both widened to whole periods."""
        finest = next(seconds for age, seconds in _FINEST if now - since >= age)
        start = int(since) // finest * finest
        period = max(1, math.ceil((now - since) / BUCKETS / finest)) * finest
        return cls(start, period, max(1, math.ceil((now - start) / period)))

    def spread(self, values: Mapping[float, float]) -> list[float | None]:
        """Values by time as a list, one for each period; None where there is none."""
        spread: list[float | None] = [None] * self.periods
        for time, value in values.items():
            index = int(time - self.start) // self.period
            if 0 <= index < self.periods:
                spread[index] = value
        return spread


class Summary(NamedTuple):
    """What a metric came to, in its unit; `points` has its sum (of counts) or average in each period."""

    metric: Metric
    points: list[float | None]
    total: float | None = None
    average: float | None = None
    p50: float | None = None
    p99: float | None = None
    maximum: float | None = None

    def document(self) -> dict[str, Any]:
        """For programs; keys that stay."""
        numbers = {"total": self.total} if self.metric.counts else {"average": self.average, "maximum": self.maximum}
        if self.metric.timed:
            numbers |= {"p50": self.p50, "p99": self.p99}
        return {"unit": self.metric.unit, **numbers, "points": self.points}


class Reader(Protocol):
    """Where metrics are read: as deploy.aws.cloudwatch.Metrics."""

    def read(  # noqa: D102
        self, series: Sequence[Series], dimensions: Mapping[str, str], start: float, end: float, patient: bool = True
    ) -> list[dict[float, float]]: ...


class Measured(NamedTuple):
    """All of an endpoint's metrics over a window; whether percentiles could be had."""

    window: Window
    summaries: list[Summary]
    percentiles: bool


def measure(reader: Reader, metrics: Sequence[Metric], dimensions: Mapping[str, str], window: Window) -> Measured:
    """Read and sum up.

    Two questions, because not everything that speaks CloudWatch's language knows percentiles: moto doesn't.
    """
    wanted = [(metric, statistic) for metric in metrics for statistic in _statistics(metric)]
    series = [Series(metric.namespace, metric.name, statistic, window.period) for metric, statistic in wanted]
    found = dict(zip(wanted, reader.read(series, dimensions, window.start, window.end), strict=True))
    percentiles = _percentiles(reader, [metric for metric in metrics if metric.timed], dimensions, window)
    summaries = [_summary(metric, found, percentiles or {}, window) for metric in metrics]
    return Measured(window, summaries, percentiles is not None)


def _statistics(metric: Metric) -> tuple[str, ...]:
    return ("Sum",) if metric.counts else ("Sum", "SampleCount", "Maximum")


def _percentiles(
    reader: Reader, metrics: Sequence[Metric], dimensions: Mapping[str, str], window: Window
) -> dict[tuple[Metric, str], float] | None:
    """p50 and p99 of the whole window, which can't be had from those of its periods.

    Where CloudWatch cuts the window in two at a boundary of its own, the larger one: the percentile is at most that.
    """
    wanted = [(metric, statistic) for metric in metrics for statistic in ("p50", "p99")]
    whole = window.period * window.periods
    series = [Series(metric.namespace, metric.name, statistic, whole) for metric, statistic in wanted]
    try:
        found = reader.read(series, dimensions, window.start, window.end, patient=False)
    except Unavailable:
        return None
    return {which: max(values.values()) for which, values in zip(wanted, found, strict=True) if values}


def _summary(
    metric: Metric,
    found: Mapping[tuple[Metric, str], Mapping[float, float]],
    percentiles: Mapping[tuple[Metric, str], float],
    window: Window,
) -> Summary:
    sums = found[metric, "Sum"]
    if metric.counts:
        return Summary(metric, window.spread(sums), total=sum(sums.values()) if sums else None)
    counts, scale = found[metric, "SampleCount"], metric.scale
    averages = {time: total / counts[time] * scale for time, total in sums.items() if counts.get(time)}
    return Summary(
        metric,
        window.spread(averages),
        average=sum(sums.values()) / sum(counts.values()) * scale if averages else None,
        p50=_scaled(percentiles.get((metric, "p50")), scale),
        p99=_scaled(percentiles.get((metric, "p99")), scale),
        maximum=_scaled(_greatest(found[metric, "Maximum"].values()), scale),
    )


def _greatest(values: Iterable[float]) -> float | None:
    return max(values, default=None)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
