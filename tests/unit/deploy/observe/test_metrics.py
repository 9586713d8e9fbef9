from __future__ import annotations

import pytest

from deploy.aws.cloudwatch import Unavailable
from deploy.endpoint.running import Kind
from deploy.observe.metrics import Window, measure, of_kind
from deploy.observe.metrics_report import sparkline, table

WINDOW = Window(start=0, period=60, periods=4)
METRICS = of_kind(Kind.serverless, provisioned=False)


class CloudWatch:
    """Answers by metric and statistic; nothing for what it wasn't given."""

    def __init__(self, values, percentiles=True):
        self.values, self.percentiles, self.questions = values, percentiles, []

    def read(self, series, dimensions, start, end, patient=True):
        self.questions.append((list(series), dimensions, start, end))
        if not patient and not self.percentiles:
            raise Unavailable
        return [self.values.get((one.metric, one.statistic), {}) for one in series]


def measured(values, **options):
    found = measure(CloudWatch(values, **options), METRICS, {"EndpointName": "houses"}, WINDOW)
    return {summary.metric.key: summary for summary in found.summaries}


def test_counts_are_added_up_and_times_become_milliseconds():
    found = measured(
        {
            ("Invocations", "Sum"): {0: 3, 120: 2},
            ("ModelLatency", "Sum"): {0: 6000, 120: 1000},
            ("ModelLatency", "SampleCount"): {0: 3, 120: 1},
            ("ModelLatency", "Maximum"): {0: 4000, 120: 1000},
            ("ModelLatency", "p50"): {0: 1500},
            ("ModelLatency", "p99"): {0: 3900, 120: 4000},
            ("MemoryUtilization", "Sum"): {0: 30},
            ("MemoryUtilization", "SampleCount"): {0: 3},
            ("MemoryUtilization", "Maximum"): {0: 12},
        }
    )
    assert found["invocations"].document() == {"unit": "count", "total": 5, "points": [3, None, 2, None]}
    assert found["model_latency"].document() == {
        "unit": "ms", "average": 1.75, "maximum": 4, "p50": 1.5, "p99": 4, "points": [2, None, 1, None],
    }  # fmt: skip
    assert found["memory_utilization"].document() == {
        "unit": "percent", "average": 10, "maximum": 12, "points": [10, None, None, None],
    }  # fmt: skip


def test_what_nobody_reported_isn_t_zero():
    found = measured({("Invocation4XXErrors", "Sum"): {60: 0}})
    assert found["errors_4xx"].total == 0
    assert found["errors_5xx"].document() == {"unit": "count", "total": None, "points": [None] * 4}
    nothing = found["model_latency"].document()
    assert [nothing[key] for key in ("average", "p50", "p99", "maximum")] == [None] * 4


def test_without_percentiles_the_rest_is_there():
    cloudwatch = CloudWatch({("Invocations", "Sum"): {0: 1}}, percentiles=False)
    found = measure(cloudwatch, METRICS, {}, WINDOW)
    assert (found.percentiles, found.summaries[0].total) == (False, 1)


def test_percentiles_are_asked_of_the_whole_time():
    cloudwatch = CloudWatch({})
    measure(cloudwatch, METRICS, {"EndpointName": "houses"}, WINDOW)
    (basic, _, start, end), (percentiles, dimensions, *_) = cloudwatch.questions
    assert {one.period for one in basic} == {60}
    assert {(one.statistic, one.period) for one in percentiles} == {("p50", 240), ("p99", 240)}
    assert (start, end, dimensions) == (0, 240, {"EndpointName": "houses"})


@pytest.mark.parametrize(
    ("back", "period"), [(600, 60), (3 * 3600, 300), (86400, 2400), (16 * 86400, 38400), (90 * 86400, 216000)]
)
def test_a_window_has_periods_that_cloudwatch_keeps(back, period):
    now = 1_800_000_007.5
    window = Window.until(now, now - back)
    assert window.period == period
    assert window.periods <= 38
    assert window.start <= now - back < window.start + 3600
    assert window.end - window.period < now <= window.end
    assert window.start % 60 == 0


def test_an_endpoint_on_instances_has_a_cpu_and_none_of_serverless_s():
    keys = {metric.key for metric in of_kind(Kind.real_time, provisioned=False)}
    assert "cpu_utilization" in keys
    assert not keys & {"model_setup_time", "concurrency_utilization"}
    assert "provisioned_spillover" in {metric.key for metric in of_kind(Kind.serverless, provisioned=True)}


def test_the_table():
    reader = CloudWatch(
        {
            ("Invocations", "Sum"): {0: 1000, 60: 500},
            ("ModelLatency", "Sum"): {0: 2_000_000},
            ("ModelLatency", "SampleCount"): {0: 1000},
            ("ModelLatency", "Maximum"): {0: 250_000},
        }
    )
    lines = table(measure(reader, METRICS, {}, WINDOW))
    assert lines[0].split() == ["total", "average", "p50", "p99", "max"]
    assert lines[1].split() == ["invocations", "1,500", "█▅··"]
    assert lines[4].split() == ["model", "latency", "2.00", "ms", "-", "-", "250", "ms", "█···"]


def test_a_sparkline():
    assert sparkline([0, 1, None, 7]) == "▁▂·█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([None]) == "·"
