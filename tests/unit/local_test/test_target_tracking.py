"""From a metric's points to a capacity."""

from __future__ import annotations

import pytest

from local_test.emulator.scaling.target_tracking import Metric, Pace, Tracking, Vote, elected, tracking, vote

PACE = Pace(period=60, out_points=3, in_points=5)
USED = Metric("AWS/SageMaker", "ServerlessProvisionedConcurrencyUtilization", "Average", ())
POLICY = Tracking("p", USED, target=0.7, out_cooldown=10, in_cooldown=20, scale_in=True)


def capacity(policy, now, points):
    return vote(policy, now, points, PACE).capacity


def test_more_in_proportion_to_the_last_point():
    assert vote(POLICY, 4, [None, None, 0.8, 0.9, 1.0], PACE) == Vote(
        6, 10, "policy p: ServerlessProvisionedConcurrencyUtilization was above its target 0.7 at 3 points"
    )


@pytest.mark.parametrize("points", [[1, 1], [1, 0.7, 1], [1, None, 1], [None, 1, 1], []])
def test_no_more_before_enough_points_are_above(points):
    assert capacity(POLICY, 4, points) == 4


def test_more_is_at_least_one_more():
    assert capacity(POLICY, 1, [0.71] * 3) == 2
    assert capacity(POLICY, 0, [9.0] * 3) == 1


def test_less_after_more_points():
    found = vote(POLICY, 10, [0.35, 0.1, 0.1, 0.1, 0.1], PACE)
    assert (found.capacity, found.cooldown) == (5, 20)
    assert "below its target" in found.cause


@pytest.mark.parametrize("points", [[0.1] * 4, [0.1, 0.1, None, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.64]])
def test_no_less_before_enough_points_are_well_below(points):
    assert capacity(POLICY, 10, points) == 10


def test_no_less_than_would_be_over_the_target_again():
    assert capacity(POLICY, 2, [0.6] * 5) == 2


def test_nothing_used_is_nothing_needed():
    assert capacity(POLICY, 10, [0.0] * 5) == 0


def test_scaling_in_can_be_disabled():
    assert capacity(POLICY._replace(scale_in=False), 10, [0.0] * 5) == 10


def test_policies_vote():
    less, same, more, most = (Vote(number, 0, "") for number in (1, 4, 5, 9))
    assert elected([less, more, most], 4) == most
    assert elected([less, same], 4) == same
    assert elected([less, less], 4) == less
    assert elected([], 4).capacity == 4


def policy(**settings):
    return {"PolicyName": "p", "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 0.7, **settings}}


def test_predefined_metrics():
    where = (("EndpointName", "e"), ("VariantName", "v"))
    provisioned = {"PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"}
    found = tracking(policy(PredefinedMetricSpecification=provisioned), "e", "v")
    assert found == POLICY._replace(metric=USED._replace(dimensions=where), out_cooldown=300, in_cooldown=300)
    invocations = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    found = tracking(policy(PredefinedMetricSpecification=invocations, ScaleInCooldown=0), "e", "v")
    assert found.metric == Metric("AWS/SageMaker", "InvocationsPerInstance", "Sum", where)
    assert (found.out_cooldown, found.in_cooldown) == (300, 0)


def test_a_customized_metric():
    custom = {
        "MetricName": "Backlog",
        "Namespace": "Mine",
        "Statistic": "Average",
        "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
    }
    found = tracking(policy(CustomizedMetricSpecification=custom, DisableScaleIn=True), "e", "v")
    assert found.metric == Metric("Mine", "Backlog", "Average", (("EndpointName", "e"),))
    assert not found.scale_in


@pytest.mark.parametrize(
    "document",
    [
        {"PolicyName": "p", "PredictiveScalingPolicyConfiguration": {}},
        policy(PredefinedMetricSpecification={"PredefinedMetricType": "ALBRequestCountPerTarget"}),
        policy(CustomizedMetricSpecification={"Metrics": [{"Id": "m"}]}),
    ],
    ids=["predictive", "another", "math"],
)
def test_what_isnt_emulated(document):
    assert tracking(document, "e", "v") is None
