"""Numbers on their way to CloudWatch."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from local_test.emulator.aws import Aws
from local_test.emulator.observe.sender import Sender

# PutMetricData, API reference: distinct values of a datum, and data of a request, which may have 1 MB.
DATUM_VALUES: Final = 150
REQUEST_DATA: Final = 1000
REQUEST_VALUES: Final = 10_000
"""That many numbers and their counts stay far below 1 MB."""


class Series(NamedTuple):
    """Whose values of one second are sent together."""

    region: str
    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    second: int
    """Since 1970."""


Gathered = Mapping[Series, Counter[float]]
"""How often each value was recorded."""


def requests(gathered: Gathered) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Region, namespace and MetricData of each PutMetricData; statistics and percentiles come out as if each value
    had been sent by itself."""
    data: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for series, counts in gathered.items():
        data[series.region, series.namespace].extend(_data(series, counts))
    for (region, namespace), every in data.items():
        for some in _requests(every):
            yield region, namespace, some


def _data(series: Series, counts: Counter[float]) -> Iterator[dict[str, Any]]:
    pairs = sorted(counts.items())
    for start in range(0, len(pairs), DATUM_VALUES):
        some = pairs[start : start + DATUM_VALUES]
        yield {
            "MetricName": series.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
            "Timestamp": datetime.fromtimestamp(series.second, UTC),
            "Unit": series.unit,
            "Values": [value for value, _ in some],
            "Counts": [float(count) for _, count in some],
        }


def _requests(data: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    values = 0
    for datum in data:
        if len(some) == REQUEST_DATA or values + len(datum["Values"]) > REQUEST_VALUES:
            yield some
            some, values = [], 0
        some.append(datum)
        values += len(datum["Values"])
    if some:
        yield some


class Metrics:
    """Collects values and sends them in the background, about once a second."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lock = threading.Lock()
        self._gathered: dict[Series, Counter[float]] = defaultdict(Counter)
        self._sender = Sender("metrics", self._send, linger=1)

    def record(
        self, region: str, namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
    ) -> None:
        """A value of now. Never waits for CloudWatch."""
        series = Series(region, namespace, name, unit, tuple(sorted(dimensions.items())), int(time.time()))
        with self._lock:
            self._gathered[series][value] += 1
        self._sender.wake()

    def flush(self) -> None:
        """Wait until everything that was recorded is in CloudWatch, or failed to get there."""
        self._sender.flush()

    def close(self) -> None:
        """Send the rest, and end."""
        self._sender.close()

    def _send(self) -> None:
        with self._lock:
            gathered, self._gathered = self._gathered, defaultdict(Counter)
        for request in requests(gathered):
            self._sender.attempt(partial(self._put, *request))

    def _put(self, region: str, namespace: str, data: list[dict[str, Any]]) -> None:
        self._aws.client("cloudwatch", region).put_metric_data(Namespace=namespace, MetricData=data)
