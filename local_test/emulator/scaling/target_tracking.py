"""Target tracking as Application Auto Scaling does it: from a metric's last points to a capacity. Nothing here acts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

COOLDOWN_SECONDS: Final = 300
"""The documented default, for variants of endpoints, in both directions."""
IN_BELOW: Final = 0.9
"""Of the target: what AWS's own AlarmLow is set to."""


class Pace(NamedTuple):
    """How fast a target is followed; the defaults are the alarms that AWS makes for it."""

    period: int = 60
    """Seconds of a point."""
    out_points: int = 3
    """So many, all above the target, before more capacity is added."""
    in_points: int = 15
    """So many, all well below it, before some is taken away."""
    look_seconds: float = 5
    """Between two looks."""


class Metric(NamedTuple):
    """What is measured."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]


class Tracking(NamedTuple):
    """A policy that can be followed. Cool-downs are in seconds."""

    policy: str
    metric: Metric
    target: float
    out_cooldown: float
    in_cooldown: float
    scale_in: bool


class Vote(NamedTuple):
    """What one policy wants, how long it then waits, and what is told about it."""

    capacity: int
    cooldown: float
    cause: str


def tracking(policy: Mapping[str, Any], endpoint: str, variant: str) -> Tracking | None:
    """A policy in the shape of DescribeScalingPolicies; None for a kind that isn't emulated."""
    settings = policy.get("TargetTrackingScalingPolicyConfiguration")
    metric = _metric(settings, endpoint, variant) if settings else None
    if settings is None or metric is None:
        return None
    return Tracking(
        policy["PolicyName"],
        metric,
        settings["TargetValue"],
        settings.get("ScaleOutCooldown", COOLDOWN_SECONDS),
        settings.get("ScaleInCooldown", COOLDOWN_SECONDS),
        not settings.get("DisableScaleIn", False),
    )


def vote(tracked: Tracking, capacity: int, points: Sequence[float | None], pace: Pace) -> Vote:
    """`points`: the metric's, oldest first, None where nothing was reported; that never changes anything."""
    high = _known(points, pace.out_points)
    if high and min(high) > tracked.target:
        wanted = max(capacity + 1, math.ceil(capacity * high[-1] / tracked.target))
        return Vote(wanted, tracked.out_cooldown, _cause(tracked, "above", pace.out_points))
    low = _known(points, pace.in_points)
    if tracked.scale_in and low and max(low) < tracked.target * IN_BELOW:
        wanted = min(capacity, math.ceil(capacity * max(low) / tracked.target))
        return Vote(wanted, tracked.in_cooldown, _cause(tracked, "below", pace.in_points))
    return Vote(capacity, 0, "")


def elected(votes: Sequence[Vote], capacity: int) -> Vote:
    """Of several policies the one that wants most; less only where all of them want less."""
    return max(votes, key=lambda one: one.capacity, default=Vote(capacity, 0, ""))


def _metric(settings: Mapping[str, Any], endpoint: str, variant: str) -> Metric | None:
    where = (("EndpointName", endpoint), ("VariantName", variant))
    match settings:
        case {"PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}:
            return Metric("AWS/SageMaker", "InvocationsPerInstance", "Sum", where)
        case {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
            }
        }:
            return Metric("AWS/SageMaker", "ServerlessProvisionedConcurrencyUtilization", "Average", where)
        case {"CustomizedMetricSpecification": {"MetricName": name, "Namespace": namespace, "Statistic": statistic}}:
            given = settings["CustomizedMetricSpecification"].get("Dimensions", ())
            return Metric(namespace, name, statistic, tuple((one["Name"], one["Value"]) for one in given))
    return None


def _known(points: Sequence[float | None], count: int) -> list[float]:
    """The last so many points; none where one of them is missing."""
    known = [point for point in points[-count:] if point is not None]
    return known if len(known) == count else []


def _cause(tracked: Tracking, where: str, points: int) -> str:
    return (
        f"policy {tracked.policy}: {tracked.metric.name} was {where} its target {tracked.target:g} at {points} points"
    )
