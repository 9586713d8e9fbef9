"""From an alarm's points to a capacity."""

from __future__ import annotations

import pytest

from local_test.emulator.scaling.step_scaling import alarms, step
from local_test.emulator.scaling.target_tracking import Metric, Vote

ARN = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1:resource/sagemaker/endpoint/e/variant/v:policyName/p"
BACKLOG = {
    "AlarmName": "backlog",
    "Namespace": "AWS/SageMaker",
    "MetricName": "HasBacklogWithoutCapacity",
    "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "AlarmActions": [ARN],
}


def policy(*steps, kind="ChangeInCapacity", **settings):
    settings |= {"AdjustmentType": kind, "StepAdjustments": list(steps)}
    return {"PolicyName": "p", "PolicyARN": ARN, "StepScalingPolicyConfiguration": settings}


def one(change, **bounds):
    return {"ScalingAdjustment": change, **{f"MetricInterval{name}Bound": bound for name, bound in bounds.items()}}


WAKING = policy(one(1, Lower=0.0), Cooldown=30)
(ALARM,) = alarms({"MetricAlarms": [BACKLOG]}, WAKING)


def test_an_alarm_is_read():
    assert ALARM.metric == Metric("AWS/SageMaker", "HasBacklogWithoutCapacity", "Average", (("EndpointName", "e"),))
    assert (ALARM.period, ALARM.evaluated, ALARM.needed, ALARM.threshold) == (60, 2, 2, 1.0)


def test_other_alarms_are_others():
    others = [BACKLOG | {"AlarmActions": ["arn:other"]}, BACKLOG | {"ComparisonOperator": "GreaterThanUpperThreshold"}]
    assert alarms({"MetricAlarms": others}, WAKING) == []


def test_from_none_to_one():
    assert step(WAKING, ALARM, 0, [1.0, 1.0]) == Vote(1, 30, "policy p: the alarm backlog is on")


@pytest.mark.parametrize("points", [[1.0, 0.0], [None, 1.0], [None, None]])
def test_an_alarm_that_is_off_wants_nothing(points):
    assert step(WAKING, ALARM, 0, points) is None


def test_so_many_of_so_many_points():
    (alarm,) = alarms({"MetricAlarms": [BACKLOG | {"DatapointsToAlarm": 1}]}, WAKING)
    assert step(WAKING, alarm, 0, [None, 1.0]).capacity == 1


@pytest.mark.parametrize(("value", "capacity"), [(1.0, 3), (10.9, 3), (11.0, 6), (500.0, 6)])
def test_the_step_is_that_of_the_last_point(value, capacity):
    steps = policy(one(1, Lower=0.0, Upper=10.0), one(4, Lower=10.0))
    assert step(steps, ALARM, 2, [value, value]).capacity == capacity


def test_between_the_steps_nothing_happens():
    assert step(policy(one(1, Lower=5.0)), ALARM, 2, [1.0, 1.0]) is None


@pytest.mark.parametrize(
    ("kind", "change", "least", "capacity"),
    [
        ("ExactCapacity", 7, 1, 7),
        ("PercentChangeInCapacity", 50, 1, 15),
        ("PercentChangeInCapacity", -25, 1, 8),
        ("PercentChangeInCapacity", 1, 3, 13),
        ("ChangeInCapacity", -2, 1, 8),
    ],
)
def test_kinds_of_change(kind, change, least, capacity):
    settings = {"MinAdjustmentMagnitude": least} if kind.startswith("Percent") else {}
    assert step(policy(one(change), kind=kind, **settings), ALARM, 10, [1.0, 1.0]).capacity == capacity
