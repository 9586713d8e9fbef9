"""A reset forgets everything, what is still on its way to CloudWatch too."""

from __future__ import annotations

import pytest

from local_test.emulator.aws import Aws
from local_test.emulator.emulator import Emulator
from local_test.emulator.instances.process import ProcessBackend
from local_test.emulator.options import Options

REGION = "eu-west-1"


@pytest.fixture
def emulator(tmp_path):
    emulator = Emulator(Options(port=0), ProcessBackend(tmp_path / "processes", []), tmp_path)
    emulator.start()
    yield emulator
    emulator.close()


def test_no_line_and_no_number_comes_back(emulator):
    aws = Aws(emulator.address)
    emulator._logs.open(REGION, "/aws/sagemaker/Endpoints/houses", "AllTraffic/i-1").write(b"a line")
    emulator._metrics.record(REGION, "AWS/SageMaker", "Invocations", 1, "None", {"EndpointName": "houses"})
    emulator.reset()
    emulator._logs.flush()
    emulator._metrics.flush()
    assert aws.client("logs", REGION).describe_log_groups()["logGroups"] == []
    assert aws.client("cloudwatch", REGION).list_metrics()["Metrics"] == []
