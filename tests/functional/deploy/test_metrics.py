"""`coppice metrics` against moto, which knows no percentiles."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def endpoint(cloud):
    sagemaker = cloud.client("sagemaker")
    container = {"Image": "i", "ModelDataUrl": "s3://b/m.tar.gz"}
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variants = [{"VariantName": "blue", "ModelName": "m", "ServerlessConfig": serverless}]
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName="houses", EndpointConfigName="c")


@pytest.fixture
def put(cloud):
    cloudwatch = cloud.client("cloudwatch")

    def put(namespace: str, name: str, *values: float, endpoint: str = "houses") -> None:
        names = {"EndpointName": endpoint, "VariantName": "blue"}
        dimensions = [{"Name": key, "Value": value} for key, value in names.items()]
        at = datetime.now(UTC) - timedelta(minutes=20)
        data = [{"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value} for value in values]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    return put


def test_the_table(endpoint, put, coppice):
    put("AWS/SageMaker", "Invocations", 1, 1, 1)
    put("AWS/SageMaker", "Invocations", 1, endpoint="other")
    put("AWS/SageMaker", "Invocation4XXErrors", 0)
    put("AWS/SageMaker", "ModelLatency", 1000, 2000, 6000)
    put("/aws/sagemaker/Endpoints", "MemoryUtilization", 12.5)
    code, out, err = coppice("metrics", "houses")
    rows = {line[:16].strip(): line[16:].split() for line in out.splitlines()}
    assert code == 0
    assert rows["invocations"][0] == "3"
    assert rows["4xx errors"][0] == "0"
    assert rows["5xx errors"][0] == "-"
    assert rows["model latency"][:6] == ["3.00", "ms", "-", "-", "6.00", "ms"]
    assert rows["memory"][:4] == ["12.5", "%", "12.5", "%"]
    assert "█" in rows["invocations"][-1]
    assert "didn't answer with percentiles" in err
    assert "variant blue" in err


def test_the_document(endpoint, put, coppice):
    put("AWS/SageMaker", "ModelSetupTime", 1_500_000)
    put("AWS/SageMaker", "ServerlessConcurrentExecutionsUtilization", 0.4)
    code, out, _ = coppice("metrics", "houses", "--since", "1h", "--json")
    document = json.loads(out)
    assert (code, document["period_seconds"], document["variant"]) == (0, 120, "blue")
    setup = document["metrics"]["model_setup_time"]
    assert (setup["unit"], setup["average"], setup["p99"]) == ("ms", 1500.0, None)
    assert document["metrics"]["concurrency_utilization"]["maximum"] == 40.0
    assert document["metrics"]["invocations"]["total"] is None
    assert sum(point is not None for point in setup["points"]) == 1


def test_what_can_t_be_measured(cloud, coppice):
    assert coppice("metrics", "houses")[0] == 1
    assert coppice("metrics", "houses", "--since", "tomorrow")[0] == 2
    assert json.loads(coppice("metrics", "houses", "--json")[1])["error"]["code"] == "endpoint_not_found"
