"""Application Auto Scaling's gateway, against the Stubber: moto doesn't know provisioned concurrency."""

from __future__ import annotations

import datetime as dt

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY
from stubbed import Stubbed

from deploy.aws.autoscaling import INSTANCES, PROVISIONED, AutoScaling, Scaling

WHERE = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/AllTraffic"}
WHEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
BACKLOG = {
    "MetricName": "ApproximateBacklogSizePerInstance",
    "Namespace": "AWS/SageMaker",
    "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
    "Statistic": "Average",
}
STEP = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
WAKING = {
    "PolicyName": "coppice-from-none",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "MetricAggregationType": "Average",
        "Cooldown": 300,
        "StepAdjustments": [STEP],
    },
}
ALARM = {
    "AlarmName": "coppice-e-backlog",
    "AlarmDescription": ANY,
    "Namespace": "AWS/SageMaker",
    "MetricName": "HasBacklogWithoutCapacity",
    "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "missing",
    "Tags": [{"Key": "coppice:endpoint", "Value": "e"}],
}
CASES = [
    (
        Scaling(PROVISIONED, 1, 4, 0.7),
        "sagemaker:variant:DesiredProvisionedConcurrency",
        {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
            }
        },
    ),
    (
        Scaling(INSTANCES, 1, 3, 1000.0),
        "sagemaker:variant:DesiredInstanceCount",
        {"PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}},
    ),
    (
        Scaling(INSTANCES, 0, 2, 5.0, backlog=True),
        "sagemaker:variant:DesiredInstanceCount",
        {"CustomizedMetricSpecification": BACKLOG},
    ),
]


@pytest.fixture
def aws():
    stubbed = Stubbed("application-autoscaling", "cloudwatch")
    yield stubbed
    stubbed.done()


@pytest.fixture
def scaling(aws):
    return AutoScaling(aws.session)


@pytest.mark.parametrize(("wanted", "dimension", "metric"), CASES)
def test_a_range_is_set_and_read_back(aws, scaling, wanted, dimension, metric):
    where = {**WHERE, "ScalableDimension": dimension}
    target = {"MinCapacity": wanted.minimum, "MaxCapacity": wanted.maximum}
    policy = {"TargetValue": wanted.target, **metric}
    kind = {"PolicyName": "coppice-target", "PolicyType": "TargetTrackingScaling"}
    arn = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:x"
    aws.expect("register_scalable_target", {**where, **target})
    aws.expect(
        "put_scaling_policy", {**where, **kind, "TargetTrackingScalingPolicyConfiguration": policy}, {"PolicyARN": arn}
    )
    if wanted.minimum == 0:
        aws.expect("put_scaling_policy", {**where, **WAKING}, {"PolicyARN": arn})
        aws.expect("put_metric_alarm", {**ALARM, "AlarmActions": [arn]}, of="cloudwatch")
    scaling.set("e", "AllTraffic", wanted)

    made = {"RoleARN": "arn:aws:iam::123456789012:role/r", "CreationTime": WHEN}
    aws.expect(
        "describe_scalable_targets",
        {"ServiceNamespace": "sagemaker", "ResourceIds": [WHERE["ResourceId"]]},
        {"ScalableTargets": [{**where, **target, **made}]},
    )
    shown = {
        **where,
        **kind,
        "PolicyARN": arn,
        "CreationTime": WHEN,
        "TargetTrackingScalingPolicyConfiguration": policy,
    }
    waking = {**where, **WAKING, "PolicyARN": arn, "CreationTime": WHEN}
    aws.expect("describe_scaling_policies", WHERE, {"ScalingPolicies": [shown, waking]})
    assert scaling.current("e", "AllTraffic") == [wanted]


def test_nothing_is_set(aws, scaling):
    aws.expect(
        "describe_scalable_targets",
        {"ServiceNamespace": "sagemaker", "ResourceIds": [WHERE["ResourceId"]]},
        {"ScalableTargets": []},
    )
    assert scaling.current("e", "AllTraffic") == []


def test_a_range_is_removed_with_its_policies(aws, scaling):
    aws.expect("deregister_scalable_target", {**WHERE, "ScalableDimension": PROVISIONED})
    scaling.remove("e", "AllTraffic", PROVISIONED)


def test_the_alarm_goes_with_the_instances_range(aws, scaling):
    aws.expect("deregister_scalable_target", {**WHERE, "ScalableDimension": INSTANCES})
    aws.expect("delete_alarms", {"AlarmNames": ["coppice-e-backlog"]}, of="cloudwatch")
    scaling.remove("e", "AllTraffic", INSTANCES)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ObjectNotFoundException", "No scalable target registered for service namespace: sagemaker"),
        ("ValidationException", "No scalable target found for service namespace: sagemaker"),  # moto
    ],
)
def test_what_is_gone_already_is_removed(aws, scaling, code, message):
    aws.refuse("deregister_scalable_target", code, message)
    aws.expect("delete_alarms", {"AlarmNames": ["coppice-e-backlog"]}, of="cloudwatch")
    scaling.remove("e", "AllTraffic", INSTANCES)


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ConcurrentUpdateException"])
def test_other_refusals_are_passed_on(aws, scaling, code):
    aws.refuse("deregister_scalable_target", code, "something else")
    with pytest.raises(ClientError, match=code):
        scaling.remove("e", "AllTraffic", INSTANCES)


@pytest.mark.parametrize(
    ("scaling", "text"),
    [
        (CASES[0][0], "1..4 provisioned, held at 70% of the provisioned concurrency in use"),
        (CASES[1][0], "1..3 instances, held at 1000 invocations per instance and minute"),
        (CASES[2][0], "0..2 instances, held at 5 requests waiting per instance"),
    ],
)
def test_people_read_what_is_held(scaling, text):
    assert str(scaling) == text
