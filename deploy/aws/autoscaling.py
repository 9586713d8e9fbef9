"""Application Auto Scaling: how many instances, or how much provisioned concurrency, and by what measure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from deploy.aws import tags
from deploy.aws.errors import message_of, says_not_found
from deploy.aws.session import Session

INSTANCES: Final = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED: Final = "sagemaker:variant:DesiredProvisionedConcurrency"
DIMENSIONS: Final = (INSTANCES, PROVISIONED)

_INVOCATIONS: Final = "SageMakerVariantInvocationsPerInstance"
_UTILIZATION: Final = "SageMakerVariantProvisionedConcurrencyUtilization"
_BACKLOG: Final = "ApproximateBacklogSizePerInstance"
_POLICY: Final = "coppice-target"
_WAKING: Final = "coppice-from-none"


class Scaling(NamedTuple):
    """A variant's range in one dimension and the target it is held at: invocations per instance and minute, the share
    of provisioned concurrency in use, or (`backlog`) waiting requests per instance."""

    dimension: str
    minimum: int
    maximum: int
    target: float
    backlog: bool = False

    def __str__(self) -> str:
        measure = {PROVISIONED: "of the provisioned concurrency in use"}.get(
            self.dimension, "requests waiting per instance" if self.backlog else "invocations per instance and minute"
        )
        unit = "provisioned" if self.dimension == PROVISIONED else "instances"
        target = f"{self.target:.0%}" if self.dimension == PROVISIONED else f"{self.target:g}"
        return f"{self.minimum}..{self.maximum} {unit}, held at {target} {measure}"


class AutoScaling:
    """The scaling of one session's endpoints."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self, endpoint: str, variant: str) -> list[Scaling]:
        """What is set, in either dimension."""
        resource = _resource(endpoint, variant)
        targets = self._session.autoscaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[resource]
        )["ScalableTargets"]
        if not targets:
            return []
        policies = self._session.autoscaling.describe_scaling_policies(
            ServiceNamespace="sagemaker", ResourceId=resource
        )["ScalingPolicies"]
        tracked = {
            policy["ScalableDimension"]: policy["TargetTrackingScalingPolicyConfiguration"]
            for policy in policies
            if "TargetTrackingScalingPolicyConfiguration" in policy
        }
        return [_scaling(target, tracked.get(target["ScalableDimension"], {})) for target in targets]

    def set(self, endpoint: str, variant: str, scaling: Scaling) -> None:
        """Set a range and its target."""
        where: dict[str, Any] = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": _resource(endpoint, variant),
            "ScalableDimension": scaling.dimension,
        }
        self._session.autoscaling.register_scalable_target(
            **where, MinCapacity=scaling.minimum, MaxCapacity=scaling.maximum
        )
        self._session.autoscaling.put_scaling_policy(
            **where,
            PolicyName=_POLICY,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=_policy(endpoint, scaling),  # type: ignore[arg-type]
        )
        if scaling.backlog and scaling.minimum == 0:
            self._wake(endpoint, where)

    def _wake(self, endpoint: str, where: dict[str, Any]) -> None:
        """From none, the target alone would wait until more requests queue than it allows; the first one has to do."""
        policy = self._session.autoscaling.put_scaling_policy(
            **where,
            PolicyName=_WAKING,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "MetricAggregationType": "Average",
                "Cooldown": 300,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            },
        )
        self._session.cloudwatch.put_metric_alarm(
            AlarmName=waking_alarm(endpoint),
            AlarmDescription="Requests wait and no instance is there: coppice starts one.",
            Namespace="AWS/SageMaker",
            MetricName="HasBacklogWithoutCapacity",
            Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=2,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="missing",
            AlarmActions=[policy["PolicyARN"]],
            Tags=tags.as_list({tags.ENDPOINT: endpoint}),
        )

    def remove(self, endpoint: str, variant: str, dimension: str) -> None:
        """Scale no more; the policies go with the target. It may be gone already."""
        try:
            self._session.autoscaling.deregister_scalable_target(
                ServiceNamespace="sagemaker",
                ResourceId=_resource(endpoint, variant),
                ScalableDimension=dimension,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if not (says_not_found(error) or "no scalable target" in message_of(error).lower()):
                raise
        if dimension == INSTANCES:
            self._session.cloudwatch.delete_alarms(AlarmNames=[waking_alarm(endpoint)])


def _resource(endpoint: str, variant: str) -> str:
    return f"endpoint/{endpoint}/variant/{variant}"


def waking_alarm(endpoint: str) -> str:
    """The name of the alarm that wakes an asynchronous endpoint from none."""
    return f"coppice-{endpoint}-backlog"


def _scaling(target: Any, policy: Any) -> Scaling:
    return Scaling(
        target["ScalableDimension"],
        target["MinCapacity"],
        target["MaxCapacity"],
        policy.get("TargetValue", 0.0),
        "CustomizedMetricSpecification" in policy,
    )


def _policy(endpoint: str, scaling: Scaling) -> dict[str, Any]:
    if scaling.backlog:
        return {
            "TargetValue": scaling.target,
            "CustomizedMetricSpecification": {
                "MetricName": _BACKLOG,
                "Namespace": "AWS/SageMaker",
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
                "Statistic": "Average",
            },
        }
    metric = _UTILIZATION if scaling.dimension == PROVISIONED else _INVOCATIONS
    return {"TargetValue": scaling.target, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}}
