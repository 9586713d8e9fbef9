"""Lines and numbers on their way to moto's CloudWatch, and as our own tools read them there."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from deploy.aws.cloudwatch import Metrics as Reader
from deploy.aws.cloudwatch import Series
from local_test.emulator.aws import Aws
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.observe.metrics import Metrics

GROUP = "/aws/sagemaker/Endpoints/e"
ENDPOINT = {"EndpointName": "e", "VariantName": "AllTraffic"}


@pytest.fixture
def logs(aws):
    logs = LogStreams(aws)
    yield logs
    logs.close()


@pytest.fixture
def metrics(aws):
    metrics = Metrics(aws)
    yield metrics
    metrics.close()


def lines(aws, name="AllTraffic/i-1", region="eu-west-1"):
    events = []
    pages = aws.client("logs", region).get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=GROUP, logStreamNames=[name]):
        events += page["events"]
    return [event["message"] for event in events]


def test_lines_arrive_in_order(aws, logs):
    stream = logs.open("eu-west-1", GROUP, "AllTraffic/i-1")
    for number in range(1000):
        stream.write(b"line %d" % number)
    logs.flush()
    assert lines(aws) == [f"line {number}" for number in range(1000)]


def test_a_group_begins_with_its_first_line(aws, logs):
    stream = logs.open("eu-west-1", GROUP, "AllTraffic/i-1")
    logs.flush()
    assert aws.client("logs", "eu-west-1").describe_log_groups()["logGroups"] == []
    stream.write(b"x")
    logs.flush()
    (found,) = aws.client("logs", "eu-west-1").describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert found["logStreamName"] == stream.name
    assert found["arn"] == stream.arn


def test_a_group_that_was_deleted_begins_again(aws, logs):
    stream = logs.open("eu-west-1", GROUP, "AllTraffic/i-1")
    stream.write(b"before")
    logs.flush()
    aws.client("logs", "eu-west-1").delete_log_group(logGroupName=GROUP)
    stream.write(b"after")
    logs.flush()
    assert lines(aws) == ["after"]


def test_streams_from_many_threads_keep_apart(aws, logs):
    def write(number):
        stream = logs.open("eu-west-1", GROUP, f"AllTraffic/i-{number}")
        for line in range(200):
            stream.write(b"%d of %d" % (line, number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logs.flush()
    for number in range(8):
        assert lines(aws, f"AllTraffic/i-{number}") == [f"{line} of {number}" for line in range(200)]


def test_close_sends_the_rest(aws):
    logs = LogStreams(aws)
    stream = logs.open("eu-west-1", GROUP, "AllTraffic/i-1")
    stream.write(b"last words")
    logs.close()
    assert lines(aws) == ["last words"]
    stream.write(b"too late")
    logs.flush()


def test_megabytes_arrive_or_are_counted(aws, logs):
    stream = logs.open("eu-west-1", GROUP, "AllTraffic/i-1")
    for _ in range(300):
        stream.write(b"x" * 50_000)
    logs.flush()
    found = lines(aws)
    missing = sum(int(line.split()[2]) for line in found if line.startswith("(coppice local: "))
    assert missing + sum(line.startswith("xx") for line in found) == 300


def test_a_cloudwatch_that_fails_is_logged_once(caplog):
    nowhere = Aws("http://127.0.0.1:9")
    logs, metrics = LogStreams(nowhere), Metrics(nowhere)
    stream = logs.open("eu-west-1", GROUP, "AllTraffic/i-1")
    with caplog.at_level(logging.WARNING, "local_test"):
        for _ in range(2):
            stream.write(b"x")
            logs.flush()
            metrics.record("eu-west-1", "AWS/SageMaker", "Invocations", 1, "None", ENDPOINT)
            metrics.flush()
        logs.close()
        metrics.close()
    texts = sorted(record.getMessage().split(" can't")[0] for record in caplog.records)
    assert texts == ["log lines", "metrics"]


def test_statistics_are_those_of_the_values(aws, metrics):
    for value in (1000, 1000, 4000):
        metrics.record("eu-west-1", "AWS/SageMaker", "ModelLatency", value, "Microseconds", ENDPOINT)
    metrics.flush()
    now = datetime.now(UTC)
    answer = aws.client("cloudwatch", "eu-west-1").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        Dimensions=[{"Name": name, "Value": value} for name, value in ENDPOINT.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=600,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
    )
    (found,) = answer["Datapoints"]
    assert (found["SampleCount"], found["Sum"], found["Average"]) == (3, 6000, 2000)
    assert (found["Minimum"], found["Maximum"], found["Unit"]) == (1000, 4000, "Microseconds")


def test_our_own_reader_finds_them(aws, metrics):
    class Session:
        cloudwatch = aws.client("cloudwatch", "eu-west-1")

    for _ in range(5):
        metrics.record("eu-west-1", "AWS/SageMaker", "Invocations", 1, "None", ENDPOINT)
    metrics.record("eu-west-1", "/aws/sagemaker/Endpoints", "MemoryUtilization", 7.5, "Percent", ENDPOINT)
    metrics.flush()
    start = time.time() // 60 * 60 - 60
    wanted = [
        Series("AWS/SageMaker", "Invocations", "Sum", 60),
        Series("AWS/SageMaker", "Invocations", "SampleCount", 60),
        Series("/aws/sagemaker/Endpoints", "MemoryUtilization", "Maximum", 60),
    ]
    found = Reader(Session()).read(wanted, ENDPOINT, start, start + 180)
    assert [sum(values.values()) for values in found] == [5, 5, 7.5]


def test_values_from_many_threads_are_all_counted(aws, metrics):
    def record():
        for _ in range(500):
            metrics.record("eu-west-1", "AWS/SageMaker", "Invocations", 1, "None", ENDPOINT)

    threads = [threading.Thread(target=record) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metrics.flush()

    class Session:
        cloudwatch = aws.client("cloudwatch", "eu-west-1")

    start = time.time() // 60 * 60 - 60
    (found,) = Reader(Session()).read([Series("AWS/SageMaker", "Invocations", "Sum", 60)], ENDPOINT, start, start + 180)
    assert sum(found.values()) == 4000
