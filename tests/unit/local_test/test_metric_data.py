"""How values become PutMetricData's requests."""

from __future__ import annotations

from collections import Counter

from local_test.emulator.observe.metrics import DATUM_VALUES, REQUEST_DATA, REQUEST_VALUES, Series, requests

LATENCY = Series("us-east-1", "AWS/SageMaker", "ModelLatency", "Microseconds", (("EndpointName", "e"),), 1_800_000_000)


def test_values_go_with_how_often_they_came():
    ((region, namespace, data),) = requests({LATENCY: Counter({3.0: 2, 1.0: 1})})
    assert (region, namespace) == ("us-east-1", "AWS/SageMaker")
    (datum,) = data
    assert datum["Timestamp"].timestamp() == 1_800_000_000
    assert {**datum, "Timestamp": None} == {
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
        "Timestamp": None,
        "Unit": "Microseconds",
        "Values": [1.0, 3.0],
        "Counts": [1.0, 2.0],
    }


def test_a_datum_has_so_many_values():
    ((_, _, data),) = requests({LATENCY: Counter(range(DATUM_VALUES + 1))})
    assert [len(datum["Values"]) for datum in data] == [DATUM_VALUES, 1]


def test_a_request_has_so_many_data():
    gathered = {LATENCY._replace(second=second): Counter([1.0]) for second in range(REQUEST_DATA + 1)}
    assert [len(data) for _, _, data in requests(gathered)] == [REQUEST_DATA, 1]


def test_a_request_has_so_many_values():
    gathered = {LATENCY._replace(second=second): Counter(range(DATUM_VALUES)) for second in range(100)}
    sizes = [sum(len(datum["Values"]) for datum in data) for _, _, data in requests(gathered)]
    assert sum(sizes) == 100 * DATUM_VALUES
    assert max(sizes) <= REQUEST_VALUES


def test_regions_and_namespaces_have_requests_of_their_own():
    gathered = {
        LATENCY: Counter([1.0]),
        LATENCY._replace(region="eu-west-1"): Counter([1.0]),
        LATENCY._replace(namespace="/aws/sagemaker/Endpoints"): Counter([1.0]),
    }
    assert len(list(requests(gathered))) == 3
