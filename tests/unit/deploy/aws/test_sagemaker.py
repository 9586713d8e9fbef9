"""SageMaker's gateway: exact requests, and patience with what AWS hasn't heard of yet."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from stubbed import Stubbed

from deploy.aws.sagemaker import CONSISTENCY_SECONDS, SageMaker

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:"
NOT_YET = [
    ("ValidationException", 'Could not find endpoint configuration "e-1".'),
    ("ValidationException", 'Could not find model "e-1".'),
    ("ValidationException", "Cannot find model e-1"),
    ("ValidationException", "Could not assume role arn:aws:iam::1:role/r. Please ensure that the role exists"),
    ("ValidationException", "DynamoDB error: item not there"),
    ("ResourceInUse", "Endpoint configuration does not exist yet"),
]


class Time:
    """Passes while one sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = 0

    def sleep(self, seconds):
        self.now += seconds
        self.slept += 1


@pytest.fixture
def aws():
    stubbed = Stubbed("sagemaker")
    yield stubbed
    stubbed.done()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def sagemaker(aws, time):
    return SageMaker(aws.session, time.sleep, lambda: time.now)


def test_an_endpoint_is_created_with_its_tags(aws, sagemaker):
    request = {"EndpointName": "e", "EndpointConfigName": "c", "Tags": [{"Key": "team", "Value": "x"}]}
    aws.expect("create_endpoint", request, {"EndpointArn": ARN + "endpoint/e"})
    assert sagemaker.create_endpoint("e", "c", {"team": "x"}) == ARN + "endpoint/e"


def test_models_and_configurations_are_created_as_asked(aws, sagemaker):
    model = {"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r"}
    aws.expect("create_model", model, {"ModelArn": ARN + "model/m"})
    variant = {
        "VariantName": "AllTraffic", "ModelName": "m",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 1},
    }  # fmt: skip
    config = {"EndpointConfigName": "c", "ProductionVariants": [variant]}
    aws.expect("create_endpoint_config", config, {"EndpointConfigArn": ARN + "endpoint-config/c"})
    assert sagemaker.create_model(model) == ARN + "model/m"
    assert sagemaker.create_config(config) == ARN + "endpoint-config/c"


def test_an_endpoint_is_moved_to_another_configuration(aws, sagemaker):
    aws.expect(
        "update_endpoint", {"EndpointName": "e", "EndpointConfigName": "c2"}, {"EndpointArn": ARN + "endpoint/e"}
    )
    sagemaker.update_endpoint("e", "c2")


@pytest.mark.parametrize(
    "desired",
    [
        {"VariantName": "v", "ServerlessUpdateConfig": {"MaxConcurrency": 9}},
        {"VariantName": "v", "ServerlessUpdateConfig": {"MaxConcurrency": 9, "ProvisionedConcurrency": 3}},
        {"VariantName": "v", "DesiredInstanceCount": 2},
    ],
)
def test_concurrency_and_count_change_in_place(aws, sagemaker, desired):
    request = {"EndpointName": "e", "DesiredWeightsAndCapacities": [desired]}
    aws.expect("update_endpoint_weights_and_capacities", request, {"EndpointArn": ARN + "endpoint/e"})
    sagemaker.update_variant("e", desired)


@pytest.mark.parametrize(("code", "message"), NOT_YET)
def test_what_aws_has_not_heard_of_yet_is_tried_again(aws, sagemaker, time, code, message):
    request = {"EndpointName": "e", "EndpointConfigName": "c", "Tags": []}
    aws.refuse("create_endpoint", code, message, times=3)
    aws.expect("create_endpoint", request, {"EndpointArn": ARN + "endpoint/e"})
    assert sagemaker.create_endpoint("e", "c", {}) == ARN + "endpoint/e"
    assert time.slept == 3


def test_what_stays_unknown_is_believed_after_a_minute(aws, sagemaker, time):
    aws.refuse("create_model", *NOT_YET[3], times=21)
    with pytest.raises(ClientError, match="Could not assume role"):
        sagemaker.create_model({"ModelName": "m"})
    assert time.now == CONSISTENCY_SECONDS == 60


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "1 validation error detected"),
        ("ResourceLimitExceeded", "The account-level service limit does not exist"),
        ("AccessDeniedException", "could not find a policy that allows this"),
        ("ResourceInUse", "Cannot update in-progress endpoint"),
    ],
)
def test_other_refusals_are_passed_on_at_once(aws, sagemaker, time, code, message):
    aws.refuse("update_endpoint", code, message)
    with pytest.raises(ClientError, match=code):
        sagemaker.update_endpoint("e", "c")
    assert time.slept == 0


@pytest.mark.parametrize(
    ("read", "operation"),
    [("endpoint", "describe_endpoint"), ("config", "describe_endpoint_config"), ("model", "describe_model")],
)
def test_what_is_not_there_is_none_and_other_refusals_are_not(aws, sagemaker, read, operation):
    aws.refuse(operation, "ValidationException", f"Could not find {read} x.")
    aws.refuse(operation, "ValidationException", "1 validation error detected")
    aws.refuse(operation, "AccessDeniedException", "not authorized")
    assert getattr(sagemaker, read)("x") is None
    for code in ("ValidationException", "AccessDeniedException"):
        with pytest.raises(ClientError, match=code):
            getattr(sagemaker, read)("x")


@pytest.mark.parametrize("thing", ["endpoint", "endpoint_config", "model"])
def test_what_is_gone_already_is_deleted(aws, sagemaker, thing):
    delete = getattr(sagemaker, "delete_config" if thing == "endpoint_config" else f"delete_{thing}")
    aws.refuse(f"delete_{thing}", "ValidationException", f"Could not find {thing} x.")
    delete("x")
    aws.refuse(f"delete_{thing}", "AccessDeniedException", "not authorized")
    with pytest.raises(ClientError, match="AccessDenied"):
        delete("x")


def test_lists_go_on_to_their_last_page(aws, sagemaker):
    order = {"SortBy": "CreationTime", "SortOrder": "Ascending"}
    first, second = ({"ModelName": name, "ModelArn": ARN + f"model/{name}", "CreationTime": 0} for name in "ab")
    aws.expect("list_models", {**order, "NameContains": "e-"}, {"Models": [first], "NextToken": "more"})
    aws.expect("list_models", {**order, "NameContains": "e-", "NextToken": "more"}, {"Models": [second]})
    assert [found["ModelName"] for found in sagemaker.models("e-")] == ["a", "b"]
    aws.expect("list_endpoints", order, {"Endpoints": []})
    assert list(sagemaker.endpoints()) == []


def test_tags_are_read_set_and_removed(aws, sagemaker):
    arn = ARN + "endpoint/e"
    aws.expect("list_tags", {"ResourceArn": arn}, {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "more"})
    aws.expect("list_tags", {"ResourceArn": arn, "NextToken": "more"}, {"Tags": [{"Key": "b", "Value": ""}]})
    aws.expect("add_tags", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "2"}]})
    aws.expect("delete_tags", {"ResourceArn": arn, "TagKeys": ["b"]})
    assert sagemaker.tags(arn) == {"a": "1", "b": ""}
    sagemaker.add_tags(arn, {"a": "2"})
    sagemaker.remove_tags(arn, ["b"])
