"""Application Auto Scaling, as boto3 meets it."""

import pytest
from botocore.exceptions import ClientError
from control_calls import refused

PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"
INSTANCES = "sagemaker:variant:DesiredInstanceCount"


def where(endpoint="houses", dimension=PROVISIONED):
    resource = f"endpoint/{endpoint}/variant/main"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension}


@pytest.fixture
def scaling(control):
    return control.client("application-autoscaling")


@pytest.fixture
def sagemaker(control):
    client = control.client("sagemaker")
    client.create_model(ModelName="forest", PrimaryContainer={"Image": "any"})
    for name, sizes in (
        ("houses", {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}}),
        ("instances", {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}),
    ):
        variant = {"VariantName": "main", "ModelName": "forest", **sizes}
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return client


def put(scaling, place, metric="SageMakerVariantProvisionedConcurrencyUtilization", name="follow"):
    return scaling.put_scaling_policy(
        **place,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 0.7,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    )


def test_a_target_is_registered_changed_and_deregistered(scaling, sagemaker):
    made = scaling.register_scalable_target(**where(), MinCapacity=1, MaxCapacity=3, Tags={"a": "b"})
    assert ":scalable-target/" in made["ScalableTargetARN"]
    again = scaling.register_scalable_target(
        **where(), MaxCapacity=5, SuspendedState={"DynamicScalingInSuspended": True}
    )
    assert again == made | {"ResponseMetadata": again["ResponseMetadata"]}
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 5)
    assert target["SuspendedState"]["DynamicScalingInSuspended"] is True
    assert target["SuspendedState"]["ScheduledScalingSuspended"] is False
    assert target["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    arn = made["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"c": "d"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"c": "d"}
    scaling.deregister_scalable_target(**where())
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    assert refused(scaling.deregister_scalable_target, **where()) == (
        "ObjectNotFoundException: No scalable target found for service namespace: sagemaker, resource ID: "
        f"endpoint/houses/variant/main, scalable dimension: {PROVISIONED}"
    )
    assert refused(scaling.list_tags_for_resource, ResourceARN=arn).startswith("ResourceNotFoundException")


@pytest.mark.parametrize(
    ("place", "capacity", "words"),
    [
        (where(), (3, 2), "Maximum capacity cannot be less than minimum capacity"),
        (where(), (1, 6), "MaxConcurrency 5"),
        (where(), (0, 5), "Minimum capacity"),
        (where("none"), (1, 2), 'Could not find endpoint "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/none".'),
        (where() | {"ResourceId": "endpoint/houses/variant/other"}, (1, 2), '"other"'),
        (where() | {"ResourceId": "houses"}, (1, 2), "Unsupported service namespace, resource type"),
        (where(dimension=INSTANCES), (1, 2), "can't be scaled"),
        (where("instances"), (1, 2), "can't be scaled"),
        (where() | {"ServiceNamespace": "ecs"}, (1, 2), "Unsupported service namespace"),
        (where(dimension="none"), (1, 2), "enum value set"),
        (where(), (None, 2), "MinCapacity is required"),
    ],
)
def test_targets_that_cant_be(scaling, sagemaker, place, capacity, words):
    said = refused(scaling.register_scalable_target, **place, MinCapacity=capacity[0], MaxCapacity=capacity[1])
    assert said.startswith("ValidationException: ")
    assert words in said


def test_policies_come_and_go_with_their_target(scaling, sagemaker, control):
    missing = "No scalable target registered for service namespace: sagemaker"
    with pytest.raises(ClientError, match=missing):
        put(scaling, where())
    scaling.register_scalable_target(**where(), MinCapacity=1, MaxCapacity=3)
    first = put(scaling, where())["PolicyARN"]
    assert put(scaling, where())["PolicyARN"] == first
    put(scaling, where(), name="other")
    found = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", PolicyNames=["follow"])["ScalingPolicies"]
    assert [policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for policy in found] == [0.7]
    pages = scaling.get_paginator("describe_scaling_policies").paginate(
        ServiceNamespace="sagemaker", PaginationConfig={"PageSize": 1}
    )
    assert [policy["PolicyName"] for page in pages for policy in page["ScalingPolicies"]] == ["follow", "other"]
    scaling.delete_scaling_policy(**where(), PolicyName="other")
    said = refused(scaling.delete_scaling_policy, **where(), PolicyName="other")
    assert said.startswith("ObjectNotFoundException: No scaling policy found for service namespace: sagemaker")
    sagemaker.delete_endpoint(EndpointName="houses")
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
    assert scaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"] == []


def test_policies_that_cant_be(scaling, sagemaker):
    scaling.register_scalable_target(**where(), MinCapacity=1, MaxCapacity=3)
    with pytest.raises(ClientError, match="can't be tracked"):
        put(scaling, where(), metric="SageMakerVariantInvocationsPerInstance")
    said = refused(scaling.put_scaling_policy, **where(), PolicyName="a", PolicyType="PredictiveScaling")
    assert said == "ValidationException: coppice local doesn't emulate PredictiveScaling."
    said = refused(scaling.put_scaling_policy, **where(), PolicyName="a", PolicyType="TargetTrackingScaling")
    assert "TargetTrackingScalingPolicyConfiguration is required" in said


def test_instances_scale_too(scaling, sagemaker):
    place = where("instances", INSTANCES)
    scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=3)
    put(scaling, place, metric="SageMakerVariantInvocationsPerInstance")
