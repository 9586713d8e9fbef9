"""Policies in the store, numbers in moto's CloudWatch, and what becomes of a variant's capacity."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import pytest

from local_test.emulator.aws import Aws
from local_test.emulator.scaling.scaler import Scaler
from local_test.emulator.scaling.target_tracking import Pace
from local_test.emulator.store import Key, Kind, Store

REGION = "eu-west-1"
ENDPOINT = Key(Kind.ENDPOINT, REGION, "e")
WHERE = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/v"}
INSTANCES = WHERE | {"ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
PROVISIONED = WHERE | {"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
NOW = time.time()
PACE = Pace(period=10, out_points=2, in_points=4, look_seconds=0.01)


class Played:
    """A hosting that does at once what it is told."""

    def __init__(self, store):
        self.store = store
        self.told = []
        self.called = threading.Event()

    def capacity(self, endpoint, variant, wanted):
        assert self.store.get(endpoint)["EndpointStatus"] == "Updating"
        self.told.append((variant, wanted))

        def settle(document):
            (summary,) = document["ProductionVariants"]
            summary["CurrentInstanceCount"] = wanted.get("DesiredInstanceCount", 0)
            summary["CurrentServerlessConfig"] = wanted.get("ServerlessUpdateConfig", {})
            document["EndpointStatus"] = "InService"

        self.store.change(endpoint, settle)
        self.called.set()


class Stage:
    """One endpoint with one variant."""

    def __init__(self, aws):
        self.aws = aws
        self.store = Store(None)
        self.hosting = Played(self.store)
        self.scaler = Scaler(self.store, self.hosting, aws, PACE, clock=lambda: NOW)

    def endpoint(self, status="InService", **summary):
        self.store.put(ENDPOINT, {"EndpointStatus": status, "ProductionVariants": [{"VariantName": "v", **summary}]})

    def target(self, which, least, most, **more):
        document = which | {"MinCapacity": least, "MaxCapacity": most, **more}
        self.store.put(Key(Kind.SCALABLE_TARGET, REGION, "t"), document)

    def policy(self, which, metric, target, name="p", **settings):
        settings |= {"TargetValue": target, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}}
        document = which | {"PolicyName": name, "TargetTrackingScalingPolicyConfiguration": settings}
        self.store.put(Key(Kind.SCALING_POLICY, REGION, name), document)

    def report(self, metric, *values):
        """One value in each of the last periods."""
        end = NOW // PACE.period * PACE.period
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}],
                "Timestamp": datetime.fromtimestamp(end - PACE.period * (len(values) - index), UTC),
                "Value": value,
            }
            for index, value in enumerate(values)
        ]
        self.aws.client("cloudwatch", REGION).put_metric_data(Namespace="AWS/SageMaker", MetricData=data)

    def activities(self):
        return [document for _, document in self.store.all(Kind.SCALING_ACTIVITY)]


@pytest.fixture
def stage(aws):
    stage = Stage(aws)
    yield stage
    stage.scaler.close()
    stage.store.close()


@pytest.fixture
def instances(stage):
    stage.endpoint(CurrentInstanceCount=2)
    stage.target(INSTANCES, 1, 5)
    stage.policy(INSTANCES, "SageMakerVariantInvocationsPerInstance", 100)
    return stage


def test_more_instances_for_more_invocations(instances):
    instances.report("InvocationsPerInstance", 200, 205)
    instances.scaler.look()
    assert instances.hosting.told == [("v", {"VariantName": "v", "DesiredInstanceCount": 5})]
    (activity,) = instances.activities()
    assert activity["StatusCode"] == "InProgress"
    assert activity["Description"] == "Setting desired instance count to 5."
    assert activity["ResourceId"] == "endpoint/e/variant/v"
    instances.scaler.look()
    (activity,) = instances.activities()
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"].startswith("Successfully set desired instance count to 5.")
    assert activity["EndTime"] >= activity["StartTime"]


def test_fewer_instances_for_none_but_the_least(instances):
    instances.report("InvocationsPerInstance", 0, 0, 0, 0)
    instances.scaler.look()
    assert instances.hosting.told == [("v", {"VariantName": "v", "DesiredInstanceCount": 1})]


def test_what_isnt_reported_changes_nothing(instances):
    instances.scaler.look()
    instances.report("InvocationsPerInstance", 400)
    instances.scaler.look()
    assert instances.hosting.told == []


def test_provisioned_concurrency(stage):
    stage.endpoint(CurrentServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 20, "ProvisionedConcurrency": 4})
    stage.target(PROVISIONED, 1, 10)
    stage.policy(PROVISIONED, "SageMakerVariantProvisionedConcurrencyUtilization", 0.5)
    stage.report("ServerlessProvisionedConcurrencyUtilization", 1.0, 1.0)
    stage.scaler.look()
    concurrency = {"MaxConcurrency": 20, "ProvisionedConcurrency": 8}
    assert stage.hosting.told == [("v", {"VariantName": "v", "ServerlessUpdateConfig": concurrency})]


def test_an_alarm_wakes_an_endpoint_from_none(stage):
    arn = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1:resource/sagemaker/x:policyName/steps"
    steps = {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
    }
    document = INSTANCES | {"PolicyName": "steps", "PolicyARN": arn, "StepScalingPolicyConfiguration": steps}
    stage.store.put(Key(Kind.SCALING_POLICY, REGION, "steps"), document)
    stage.endpoint(CurrentInstanceCount=0)
    stage.target(INSTANCES, 0, 5)
    stage.policy(INSTANCES, "SageMakerVariantInvocationsPerInstance", 100)
    stage.aws.client("cloudwatch", REGION).put_metric_alarm(
        AlarmName="backlog",
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=[{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}],
        Statistic="Average",
        Period=PACE.period,
        EvaluationPeriods=2,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[arn],
    )
    stage.scaler.look()
    assert stage.hosting.told == []
    stage.report("HasBacklogWithoutCapacity", 1, 1)
    stage.scaler.look()
    assert stage.hosting.told == [("v", {"VariantName": "v", "DesiredInstanceCount": 1})]


def test_a_range_is_kept_to_without_any_policy(stage):
    stage.endpoint(CurrentInstanceCount=1)
    stage.target(INSTANCES, 3, 5)
    stage.scaler.look()
    assert stage.hosting.told == [("v", {"VariantName": "v", "DesiredInstanceCount": 3})]


def test_a_cooldown_is_waited_for(instances):
    instances.report("InvocationsPerInstance", 105, 105)
    instances.scaler.look()
    instances.report("InvocationsPerInstance", 300, 300)
    instances.scaler.look()
    assert [wanted["DesiredInstanceCount"] for _, wanted in instances.hosting.told] == [3]


def test_without_a_cooldown_it_goes_on(instances):
    instances.policy(INSTANCES, "SageMakerVariantInvocationsPerInstance", 100, ScaleOutCooldown=0)
    instances.report("InvocationsPerInstance", 105, 105)
    instances.scaler.look()
    instances.report("InvocationsPerInstance", 300, 300)
    instances.scaler.look()
    assert [wanted["DesiredInstanceCount"] for _, wanted in instances.hosting.told] == [3, 5]


@pytest.mark.parametrize("status", ["Updating", "Deleting", "Creating", "Failed"])
def test_an_endpoint_that_isnt_in_service_is_left_alone(instances, status):
    instances.endpoint(status, CurrentInstanceCount=2)
    instances.report("InvocationsPerInstance", 200, 205)
    instances.scaler.look()
    assert instances.hosting.told == []


def test_an_update_that_begins_meanwhile_goes_first(instances):
    class Overtaken(Store):
        def change(self, key, change):
            super().change(key, lambda document: document.update(EndpointStatus="Updating"))
            return super().change(key, change)

    instances.report("InvocationsPerInstance", 200, 205)
    instances.store.__class__ = Overtaken
    instances.scaler.look()
    assert instances.hosting.told == []


def test_a_deregistered_target_is_left_alone(instances):
    instances.store.delete(Key(Kind.SCALABLE_TARGET, REGION, "t"))
    instances.report("InvocationsPerInstance", 200, 205)
    instances.scaler.look()
    assert instances.hosting.told == []


def test_scaling_can_be_suspended(instances):
    instances.target(INSTANCES, 1, 5, SuspendedState={"DynamicScalingOutSuspended": True})
    instances.report("InvocationsPerInstance", 200, 205)
    instances.scaler.look()
    assert instances.hosting.told == []


def test_an_endpoint_that_ended_in_the_middle_failed_to_scale(instances):
    instances.report("InvocationsPerInstance", 200, 205)
    instances.scaler.look()
    instances.store.delete(ENDPOINT)
    instances.scaler.look()
    assert instances.activities()[0]["StatusCode"] == "Failed"


def test_what_cant_be_followed_is_said_once(instances, caplog):
    instances.policy(INSTANCES, "SageMakerInferenceComponentInvocationsPerCopy", 1)
    with caplog.at_level(logging.WARNING, "local_test"):
        instances.scaler.look()
        instances.scaler.look()
    assert [record.getMessage() for record in caplog.records] == [
        "The scaling policy p is of a kind that coppice local can't follow."
    ]


def test_it_looks_by_itself_until_it_is_closed(instances):
    instances.report("InvocationsPerInstance", 200, 205)
    instances.scaler.start()
    assert instances.hosting.called.wait(60)
    instances.scaler.close()
    assert "scaler" not in [thread.name for thread in threading.enumerate()]


def test_without_a_cloudwatch_it_goes_on(caplog):
    stage = Stage(Aws("http://127.0.0.1:9"))
    stage.endpoint(CurrentInstanceCount=2)
    stage.target(INSTANCES, 1, 5)
    stage.policy(INSTANCES, "SageMakerVariantInvocationsPerInstance", 100)
    with caplog.at_level(logging.WARNING, "local_test"):
        stage.scaler.look()
    stage.store.close()
    assert "t can't be scaled" in caplog.text
