"""What is said of an endpoint before anything is sent to it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deploy.aws.describe import Denied
from deploy.endpoint.running import EndpointNotFound, Kind
from deploy.errors import Busy, DeployError, EndpointFailed
from deploy.invoke.target import look

SERVERLESS = {"VariantName": "v", "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}


class Describe:
    def __init__(self, config=None, **described):
        self.described = {
            "EndpointName": "houses",
            "EndpointArn": "arn",
            "EndpointStatus": "InService",
            "EndpointConfigName": "c",
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
            "ProductionVariants": [SERVERLESS],
        } | described
        self._config = config

    def endpoint(self, name):
        return self.described if name == "houses" else None

    def names(self):
        return ["zebra", "houses", "other"]

    def config(self, name):
        return self._config


class Hidden(Describe):
    def endpoint(self, name):
        raise Denied("no")


@pytest.mark.parametrize("status", ["InService", "Updating", "SystemUpdating", "RollingBack"])
def test_an_endpoint_that_answers(status):
    assert look(Describe(EndpointStatus=status), "houses", "r").kind is Kind.serverless


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("Creating", Busy, "still being created"),
        ("Failed", EndpointFailed, "houses failed: no ping"),
        ("Deleting", DeployError, "it is Deleting"),
        ("OutOfService", DeployError, "it is OutOfService"),
    ],
)
def test_one_that_doesn_t(status, error, said):
    with pytest.raises(error, match=said) as raised:
        look(Describe(EndpointStatus=status, FailureReason="no ping"), "houses", "r")
    assert (raised.value.exit_code, "houses" in raised.value.hint) == (1, True)


def test_one_that_isn_t_there_is_answered_with_those_there_are_the_nearest_first():
    with pytest.raises(EndpointNotFound, match="no endpoint 'hauses' in eu-west-1") as error:
        look(Describe(), "hauses", "eu-west-1")
    assert error.value.hint.startswith("There are: houses, other, zebra\n")


def test_who_may_call_but_not_look_may_call():
    assert look(Hidden(), "houses", "r") is None


def test_kinds():
    instances = Describe(ProductionVariants=[{"VariantName": "v", "CurrentInstanceCount": 1}])
    assert look(instances, "houses", "r").kind is Kind.real_time
    later = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/p"}}}
    assert look(Describe(**later), "houses", "r").kind is Kind.asynchronous
    told_by_config = Describe(config=later, ProductionVariants=[])
    assert look(told_by_config, "houses", "r").kind is Kind.asynchronous


def test_while_it_is_created_its_configuration_tells_the_kind():
    serverless = {"VariantName": "v", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
    describe = Describe(config={"ProductionVariants": [serverless]}, ProductionVariants=[])
    running = look(describe, "houses", "r")
    assert (running.kind, running.serverless["MemorySizeInMB"]) == (Kind.serverless, 1024)
