"""CloudWatch metrics: many series in one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from deploy.aws.errors import code_of
from deploy.aws.session import Session

_FAILED: Final = ("InternalServiceFault", "InternalFailure", "InternalServiceError", "500", "503")


class Series(NamedTuple):
    """A metric and how each `period` (seconds) of it is summed up: Sum, Average, Maximum, SampleCount, p99."""

    namespace: str
    metric: str
    statistic: str
    period: int


class Unavailable(Exception):
    """CloudWatch failed to answer."""


class Metrics:
    """The metrics of one account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(
        self, series: Sequence[Series], dimensions: Mapping[str, str], start: float, end: float, patient: bool = True
    ) -> list[dict[float, float]]:
        """For each of the series, its values by the time their period began; times are in seconds since 1970.

        A period in which nothing was reported isn't there. Not patient: one try, and Unavailable where that fails.
        """
        client = self._session.cloudwatch
        if not patient:
            client = self._session.client("cloudwatch", retries={"mode": "standard", "total_max_attempts": 1})
        queries = [_query(index, one, dimensions) for index, one in enumerate(series)]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
        )
        found: list[dict[float, float]] = [{} for _ in series]
        try:
            for page in pages:
                for result in page["MetricDataResults"]:
                    times = (moment.timestamp() for moment in result["Timestamps"])
                    found[int(result["Id"][1:])].update(zip(times, result["Values"], strict=True))
        except ClientError as error:
            if patient or code_of(error) not in _FAILED:
                raise
            raise Unavailable from error
        return found


def _query(index: int, series: Series, dimensions: Mapping[str, str]) -> Any:
    metric = {
        "Namespace": series.namespace,
        "MetricName": series.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
    return {"Id": f"m{index}", "MetricStat": {"Metric": metric, "Period": series.period, "Stat": series.statistic}}
