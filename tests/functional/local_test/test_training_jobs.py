"""Training jobs without Docker: the image's `train`, which is this checkout's, over channels from the emulator's S3."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_emulator import Local
from training_account import TrainingAccount
from waiting import until

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice:latest"
ROLE = "arn:aws:iam::123456789012:role/coppice-execution"
ROWS = "".join(f"{row},{row % 7},{row * 3}\n" for row in range(60))
ENDED = ("Completed", "Failed", "Stopped")
SLOW = (
    "import os, signal, sys, time\n"
    "def stop(*_):\n"
    "    open(os.environ['SM_MODEL_DIR'] + '/saved.txt', 'w').write('in time')\n"
    "    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, stop)\n"
    "print('training', flush=True)\n"
    "time.sleep(60)\n"
)


class Account(TrainingAccount):
    """Jobs that are told apart by their numbers."""

    def __init__(self, local: Local) -> None:
        super().__init__(local)
        self.jobs = 0

    def request(self, **changed: Any) -> dict[str, Any]:
        self.jobs += 1
        request = {
            "TrainingJobName": f"job-{self.jobs}",
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "HyperParameters": {"n_estimators": "3", "target": "y"},
            "InputDataConfig": [channel("train", "s3://jobs/data/train/")],
            "OutputDataConfig": {"S3OutputPath": "s3://jobs/out/"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
            **changed,
        }
        return {name: value for name, value in request.items() if value is not None}

    def start(self, **changed: Any) -> str:
        request = self.request(**changed)
        self.client("sagemaker").create_training_job(**request)
        return request["TrainingJobName"]

    def wait(self, name: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = self.client("sagemaker").describe_training_job(TrainingJobName=name)
            if until(found):
                return found
            time.sleep(0.1)
        raise AssertionError(found)

    def run(self, **changed: Any) -> dict[str, Any]:
        return self.wait(self.start(**changed), lambda found: found["TrainingJobStatus"] in ENDED)

    def script(self, text: str) -> dict[str, Any]:
        """A job that runs this Python, out of a channel named code."""
        key = f"code-{self.jobs}/train.py"
        self.client("s3").put_object(Bucket="jobs", Key=key, Body=text.encode())
        channels = [channel("train", "s3://jobs/data/train/"), channel("code", f"s3://jobs/{key}")]
        return {"InputDataConfig": channels, "HyperParameters": {"sagemaker_program": "train.py"}}


def channel(name: str, uri: str, kind: str = "S3Prefix", **more: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}, **more}


NO_INPUT = {"InputDataConfig": [channel("train", "s3://no-bucket/x")]}
"""A job that fails before anything runs."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    local = Local(tmp_path_factory.mktemp("emulator"))
    local.up("--backend", "process", "--state", str(tmp_path_factory.mktemp("state")))
    account = Account(local)
    s3 = account.client("s3")
    s3.create_bucket(Bucket="jobs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="jobs", Key="data/train/part-0.csv", Body=("a,b,y\n" + ROWS).encode())
    manifest = json.dumps([{"prefix": "s3://jobs/data/"}, "train/part-0.csv"])
    s3.put_object(Bucket="jobs", Key="manifest.json", Body=manifest.encode())
    yield account
    local.down()


def test_a_job_from_its_channels_to_its_artifact(account):
    metrics = [{"Name": "rmse", "Regex": "validation:rmse=([0-9.]+)"}]
    name = account.start(
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": metrics},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    account.client("sagemaker").get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    found = account.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Completed", "Completed")
    model = found["ModelArtifacts"]["S3ModelArtifacts"]
    assert model == f"s3://jobs/out/{name}/output/model.tar.gz"
    assert {"manifest.json", "model.joblib", "forest/nodes.bin"} <= set(account.files_in(model))
    assert "metrics.json" in account.files_in(model.replace("model.tar.gz", "output.tar.gz"))
    (metric,) = found["FinalMetricDataList"]
    log = account.log(name)
    assert metric["MetricName"] == "rmse" and any(line.startswith("validation:rmse=") for line in log)
    steps = [step["Status"] for step in found["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all("EndTime" in step for step in found["SecondaryStatusTransitions"])
    assert found["TrainingTimeInSeconds"] >= 1 and found["TrainingEndTime"] >= found["TrainingStartTime"]
    tags = account.client("sagemaker").list_tags(ResourceArn=found["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    summaries = account.client("sagemaker").list_training_jobs(NameContains=name, StatusEquals="Completed")
    assert [one["TrainingJobName"] for one in summaries["TrainingJobSummaries"]] == [name]
    began, over = found["TrainingStartTime"], found["TrainingEndTime"] + timedelta(minutes=1)
    (point,) = account.client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName="rmse",
        Dimensions=[{"Name": "TrainingJobName", "Value": name}],
        StartTime=began.replace(second=0, microsecond=0),
        EndTime=over,
        Period=300,
        Statistics=["Average"],
    )["Datapoints"]
    assert point["Average"] == pytest.approx(metric["Value"])


def test_the_artifact_serves(account):
    found = account.run()
    sagemaker = account.client("sagemaker")
    container = {"Image": IMAGE, "ModelDataUrl": found["ModelArtifacts"]["S3ModelArtifacts"]}
    sagemaker.create_model(ModelName="trained", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    variant = {"ModelName": "trained", "VariantName": "AllTraffic", "ServerlessConfig": serverless}
    sagemaker.create_endpoint_config(EndpointConfigName="trained", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="trained", EndpointConfigName="trained")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="trained", WaiterConfig={"Delay": 1})
    answer = account.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="trained", ContentType="text/csv", Body="10,3\n"
    )
    assert float(answer["Body"].read()) == pytest.approx(30, abs=20)
    sagemaker.delete_endpoint(EndpointName="trained")


def test_a_users_script_is_told_its_job_and_reaches_the_account(account):
    script = account.script(
        "import boto3, json, os\n"
        "boto3.client('s3').put_object(Bucket='jobs', Key='seen.json', Body=json.dumps(dict(os.environ)).encode())\n"
    )
    found = account.run(**script, Environment={"MINE": "1"})
    assert found["TrainingJobStatus"] == "Completed", found
    seen = json.loads(account.client("s3").get_object(Bucket="jobs", Key="seen.json")["Body"].read())
    assert (seen["MINE"], seen["TRAINING_JOB_NAME"]) == ("1", found["TrainingJobName"])
    assert seen["TRAINING_JOB_ARN"] == found["TrainingJobArn"] and seen["AWS_REGION"] == "eu-west-1"
    assert json.loads(seen["SM_CHANNELS"]) == ["code", "train"] and seen["SM_CURRENT_HOST"] == "algo-1"


def test_a_failure_is_the_jobs_reason(account):
    found = account.run(**account.script("raise ValueError('no such column')"))
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Failed", "Failed")
    assert found["FailureReason"].startswith("AlgorithmError: train.py failed")
    assert "ValueError: no such column" in found["FailureReason"] and found["FailureReason"].endswith("exit code: 1")
    assert "ModelArtifacts" not in found or not found["ModelArtifacts"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"InputDataConfig": [channel("train", "s3://jobs/nowhere/")]}, 'No S3 objects found under S3 URL "s3://jobs'),
        ({"InputDataConfig": [channel("train", "s3://no-bucket/x")]}, "No S3 objects found"),
        ({"InputDataConfig": [channel("train", "s3://jobs/data/train/part-0.csv", "ManifestFile")]}, "is no manifest"),
        ({"AlgorithmSpecification": {"TrainingImage": "other:1", "TrainingInputMode": "File"}}, "no image other:1"),
        ({"OutputDataConfig": {"S3OutputPath": "s3://no-bucket/"}}, "Artifact upload failed"),
        (
            {"AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File",
                                        "ContainerEntrypoint": ["/bin/bash"], "ContainerArguments": ["-c", "true"]}},
            "without Docker that can't be run",
        ),
    ],
)  # fmt: skip
def test_jobs_that_cannot_run(account, changed, reason):
    found = account.run(**changed)
    assert found["TrainingJobStatus"] == "Failed" and reason in found["FailureReason"]


def test_a_manifest_names_the_objects(account):
    found = account.run(InputDataConfig=[channel("train", "s3://jobs/manifest.json", "ManifestFile")])
    assert found["TrainingJobStatus"] == "Completed", found


def is_training(found: dict[str, Any]) -> bool:
    return found["SecondaryStatus"] == "Training" and "TrainingStartTime" in found


def test_a_job_that_is_stopped_has_time_to_save(account):
    name = account.start(**account.script(SLOW))
    account.wait(name, is_training)
    until(lambda: "training" in account.log(name))
    with pytest.raises(ClientError, match="is in status InProgress"):
        account.client("sagemaker").delete_training_job(TrainingJobName=name)
    account.client("sagemaker").stop_training_job(TrainingJobName=name)
    found = account.wait(name, lambda found: found["TrainingJobStatus"] in ENDED)
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "saved.txt" in account.files_in(found["ModelArtifacts"]["S3ModelArtifacts"])
    with pytest.raises(ClientError, match="is in status Stopped"):
        account.client("sagemaker").stop_training_job(TrainingJobName=name)
    account.client("sagemaker").delete_training_job(TrainingJobName=name)
    with pytest.raises(ClientError, match="Requested resource not found"):
        account.client("sagemaker").describe_training_job(TrainingJobName=name)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}}, "one instance"),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "TrainingImage is needed"),
        (
            {
                "ServerlessJobConfig": {
                    "BaseModelArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/h/Model/m/1",
                    "JobType": "FineTuning",
                }
            },
            "serverless",
        ),
        ({"StoppingCondition": None}, "Value null at 'stoppingCondition'"),
        ({"InputDataConfig": [channel("train", "s3://jobs/x", InputMode="Pipe")]}, "the channel train asks for Pipe"),
        ({"InputDataConfig": [channel("a", "s3://jobs/x"), channel("a", "s3://jobs/y")]}, "must be unique"),
        ({"TrainingJobName": "no spaces please"}, "TrainingJobName|trainingJobName"),
    ],
)
def test_requests_that_are_refused(account, changed, words):
    with pytest.raises(ClientError, match=words):
        account.start(**changed)


def test_a_name_is_taken_once(account):
    name = account.start(**NO_INPUT)
    with pytest.raises(ClientError, match="a training job with this name already exists") as refused:
        account.start(TrainingJobName=name)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_the_first_job_is_listed_first_and_none_has_a_warm_pool(account):
    sagemaker = account.client("sagemaker")
    first, second = account.start(**NO_INPUT), account.start(**NO_INPUT)
    listed = [
        one["TrainingJobName"]
        for page in sagemaker.get_paginator("list_training_jobs").paginate()
        for one in page["TrainingJobSummaries"]
    ]
    assert listed.index(first) < listed.index(second)
    assert sagemaker.list_training_jobs(WarmPoolStatusEquals="Available")["TrainingJobSummaries"] == []


def test_a_job_of_no_name(account):
    for verb in ("describe_training_job", "stop_training_job", "delete_training_job"):
        with pytest.raises(ClientError, match="Requested resource not found"):
            getattr(account.client("sagemaker"), verb)(TrainingJobName="nobody")


def test_a_job_that_ran_when_the_emulator_was_killed_has_failed(tmp_path):
    local = Local(tmp_path / "emulator")
    (tmp_path / "emulator").mkdir()
    state = ("--backend", "process", "--state", str(tmp_path / "state"))
    local.up(*state)
    account = Account(local)
    s3 = account.client("s3")
    s3.create_bucket(Bucket="jobs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="jobs", Key="data/train/part-0.csv", Body=ROWS.encode())
    name = account.start(**account.script(SLOW))
    account.wait(name, is_training)
    os.kill(local.status()[0]["pid"], signal.SIGKILL)
    local.up(*state)
    found = account.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert found["TrainingJobStatus"] == "Failed" and "coppice local ended" in found["FailureReason"]
    local.down()


def test_down_ends_what_trains(tmp_path):
    (tmp_path / "emulator").mkdir()
    local = Local(tmp_path / "emulator")
    local.up("--backend", "process")
    account = Account(local)
    s3 = account.client("s3")
    s3.create_bucket(Bucket="jobs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="jobs", Key="data/train/part-0.csv", Body=ROWS.encode())
    account.wait(account.start(**account.script(SLOW)), is_training)
    local.down()
    assert not list(Path(local.folder).rglob("train.py"))
