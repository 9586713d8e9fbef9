"""Step scaling as Application Auto Scaling does it: an alarm of CloudWatch that names a policy moves the capacity."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from local_test.emulator.scaling.target_tracking import COOLDOWN_SECONDS, Metric, Vote

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}


class Alarm(NamedTuple):
    """When it is in alarm: `needed` of its last `evaluated` points compare to the threshold so."""

    name: str
    metric: Metric
    period: int
    evaluated: int
    needed: int
    breaches: Callable[[float, float], bool]
    threshold: float


def alarms(answer: Mapping[str, Any], policy: Mapping[str, Any]) -> list[Alarm]:
    """Those that name the policy, from an answer of DescribeAlarms."""
    return [
        _alarm(one)
        for one in answer["MetricAlarms"]
        if policy["PolicyARN"] in one.get("AlarmActions", ()) and one["ComparisonOperator"] in COMPARISONS
    ]


def step(policy: Mapping[str, Any], alarm: Alarm, capacity: int, points: Sequence[float | None]) -> Vote | None:
    """What the policy wants; None unless the alarm is on. `points`: its last, oldest first, None where none was."""
    breaching = [point for point in points if point is not None and alarm.breaches(point, alarm.threshold)]
    if len(breaching) < alarm.needed:
        return None
    settings = policy["StepScalingPolicyConfiguration"]
    over = breaching[-1] - alarm.threshold
    change = next((one["ScalingAdjustment"] for one in settings["StepAdjustments"] if _within(over, one)), None)
    if change is None:
        return None
    cause = f"policy {policy['PolicyName']}: the alarm {alarm.name} is on"
    return Vote(_changed(settings, capacity, change), settings.get("Cooldown", COOLDOWN_SECONDS), cause)


def _alarm(found: Mapping[str, Any]) -> Alarm:
    dimensions = tuple((one["Name"], one["Value"]) for one in found.get("Dimensions", ()))
    return Alarm(
        found["AlarmName"],
        Metric(found["Namespace"], found["MetricName"], found["Statistic"], dimensions),
        found["Period"],
        found["EvaluationPeriods"],
        found.get("DatapointsToAlarm", found["EvaluationPeriods"]),
        COMPARISONS[found["ComparisonOperator"]],
        found["Threshold"],
    )


def _within(over: float, adjustment: Mapping[str, float]) -> bool:
    lower = adjustment.get("MetricIntervalLowerBound", -math.inf)
    return lower <= over < adjustment.get("MetricIntervalUpperBound", math.inf)


def _changed(settings: Mapping[str, Any], capacity: int, change: int) -> int:
    match settings["AdjustmentType"]:
        case "ExactCapacity":
            return change
        case "PercentChangeInCapacity":
            least = int(settings.get("MinAdjustmentMagnitude", 1))
            magnitude = max(abs(capacity * change) // 100, least)
            return capacity + (magnitude if change > 0 else -magnitude)
    return capacity + change
