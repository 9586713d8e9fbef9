"""How Application Auto Scaling scales a target. `scaling` follows these policies."""

from __future__ import annotations

import uuid
from typing import Any, Final

from local_test.emulator.control.resources import now
from local_test.emulator.control.scalable_targets import matching, not_found, page, place
from local_test.emulator.errors import ValidationError
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.scaling.scalable import INSTANCES, PROVISIONED
from local_test.emulator.store import Document, Key, Kind, Store

METRICS: Final = {
    PROVISIONED: ("SageMakerVariantProvisionedConcurrencyUtilization",),
    INSTANCES: ("SageMakerVariantInvocationsPerInstance", "SageMakerVariantConcurrentRequestsPerModelHighResolution"),
}
"""The predefined ones, by dimension."""
CONFIGURATIONS: Final = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
}


class ScalingPolicies:
    """Put, describe and delete; and the activities that came of them.

    A document of Kind.SCALING_POLICY is a ScalingPolicy as DescribeScalingPolicies answers it: ResourceId and
    ScalableDimension as its target has them, PolicyType TargetTrackingScaling or StepScaling, and the configuration of
    that type. One of Kind.SCALING_ACTIVITY, by any name, is a ScalingActivity as DescribeScalingActivities answers it;
    the scaler writes it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, region: str, members: dict[str, Any]) -> Document:
        """PutScalingPolicy: a new one, or one in place of that of the same name. Its alarms aren't made."""
        if self._store.get(place(region, members)) is None:
            raise not_found("scalable target registered for", members)
        key = self._key(region, members)
        found = self._store.get(key) or {}
        kind: str = members.get("PolicyType") or found.get("PolicyType", "StepScaling")
        _check(kind, members)
        configuration = CONFIGURATIONS[kind]
        policy = f"{members['ServiceNamespace']}/{members['ResourceId']}:policyName/{members['PolicyName']}"
        new_arn = f"arn:aws:autoscaling:{region}:{ACCOUNT}:scalingPolicy:{uuid.uuid4()}:resource/{policy}"
        document = {
            **{name: members[name] for name in ("PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension")},
            "PolicyARN": found.get("PolicyARN", new_arn),
            "PolicyType": kind,
            "Alarms": [],
            "CreationTime": found.get("CreationTime", now()),
            configuration: members[configuration],
        }
        self._store.put(key, document)
        return {"PolicyARN": document["PolicyARN"], "Alarms": []}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeScalingPolicies."""
        names = members.get("PolicyNames")
        rows = [
            row
            for row in matching(self._store, Kind.SCALING_POLICY, region, members)
            if not names or row["PolicyName"] in names
        ]
        return page("ScalingPolicies", rows, members, ["ResourceId", "ScalableDimension", "PolicyName"])

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteScalingPolicy."""
        if not self._store.delete(self._key(region, members)):
            raise not_found("scaling policy found for", members, f", policy name: {members['PolicyName']}")
        return {}

    def activities(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeScalingActivities, the newest first."""
        rows = matching(self._store, Kind.SCALING_ACTIVITY, region, members)
        return page("ScalingActivities", rows, members, ["StartTime", "ActivityId"], reverse=True)

    def _key(self, region: str, members: dict[str, Any]) -> Key:
        return place(region, members, Kind.SCALING_POLICY, members["PolicyName"])


def _check(kind: str, members: dict[str, Any]) -> None:
    if kind not in CONFIGURATIONS:
        raise ValidationError(f"coppice local doesn't emulate {kind}.")
    if CONFIGURATIONS[kind] not in members:
        raise ValidationError(f"{CONFIGURATIONS[kind]} is required for a policy of type {kind}.")
    if kind != "TargetTrackingScaling":
        return
    tracked = members[CONFIGURATIONS[kind]]
    if ("PredefinedMetricSpecification" in tracked) == ("CustomizedMetricSpecification" in tracked):
        raise ValidationError("Specify exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification.")
    metric = tracked.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    allowed = METRICS[members["ScalableDimension"]]
    if metric is not None and metric not in allowed:
        raise ValidationError(
            f"{metric} can't be tracked for {members['ScalableDimension']}: {', '.join(allowed)} can."
        )
