"""Training jobs in containers of the image, asked for by boto3 and both of SageMaker's SDKs, with a user's script."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import client_stories
import numpy as np
import pandas as pd
import pytest
from containers import ROOT, docker
from local_emulator import Local
from traces import Traces
from training_account import TrainingAccount
from waiting import until

pytestmark = pytest.mark.container

SCRIPTS = ROOT / "tests" / "scripts_training"
SUPPORT = ROOT / "tests" / "support"
ROLE = "arn:aws:iam::123456789012:role/coppice-execution"
TABLE = pd.DataFrame({"rooms": np.arange(200) * 10.0 + 500, "age": np.arange(200) % 37.0}).assign(
    price=lambda table: table.rooms * 3 + table.age
)


class Account(TrainingAccount):
    def __init__(self, local: Local, image: str) -> None:
        super().__init__(local)
        self.image = image

    def manifest(self, address: str) -> dict[str, Any]:
        return json.loads(self.files_in(address)["manifest.json"])

    def sdk(self, version: int, *arguments: str) -> dict[str, Any]:
        python = ROOT / f".venv/sdk{version}/bin/python"
        if not python.exists():
            client_stories.need(f"SageMaker's SDK v{version}: make sdks")
        done = self.local.run(python, SUPPORT / f"sdk{version}_training.py", self.image, *arguments)
        self.said = done.stdout + done.stderr
        return json.loads(re.search("^ANSWER (.*)$", done.stdout, re.MULTILINE).group(1))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("data")
    # Scripts that the SDK has put into S3 are fetched by the image itself, with boto3.
    subprocess.run(["make", "image", "IMAGE=coppice-test-s3", "S3=1"], cwd=ROOT, check=True, capture_output=True)
    local = Local(tmp_path_factory.mktemp("emulator"))
    traces = Traces(local.up("--backend", "docker"), local.folder)
    account = Account(local, "coppice-test-s3:latest")
    s3 = account.client("s3")
    s3.create_bucket(Bucket="training", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    TABLE.to_csv(folder / "train.csv", index=False)
    s3.upload_file(str(folder / "train.csv"), "training", "data/train.csv")
    account.client("iam").create_role(RoleName="coppice-execution", AssumeRolePolicyDocument="{}")
    yield account
    local.down()
    assert traces.left() == []


def test_boto3_with_the_images_own_training(account):
    sagemaker = account.client("sagemaker")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://training/data/"}}
    sagemaker.create_training_job(
        TrainingJobName="own",
        AlgorithmSpecification={"TrainingImage": account.image, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        HyperParameters={"n_estimators": "3", "target": "price"},
        InputDataConfig=[{"ChannelName": "train", "DataSource": source}],
        OutputDataConfig={"S3OutputPath": "s3://training/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 300},
        EnableNetworkIsolation=True,
    )
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="own", WaiterConfig={"Delay": 1, "MaxAttempts": 90})
    found = sagemaker.describe_training_job(TrainingJobName="own")
    assert found["TrainingJobStatus"] == "Completed", found
    assert account.manifest(found["ModelArtifacts"]["S3ModelArtifacts"])["engine"] == "forest"


def test_sdk_v2s_estimator_with_a_script_trains_and_serves(account):
    rows = json.dumps({"Input": [[1000, 3]]})
    answer = account.sdk(2, str(SCRIPTS), "s3://training/data/", rows)
    assert set(answer["answer"]) == {"Output"}
    manifest = account.manifest(answer["model"])
    assert (manifest["engine"], manifest["script"]) == ("forest", "train.py")
    assert "preprocessing seems to be missing" in manifest["warnings"][0]
    assert "validation:r2=" in account.said and "WARNING: The model doesn't answer" in account.said


def test_sdk_v3s_model_trainer_with_a_script_is_packed_too(account):
    answer = account.sdk(3, str(SCRIPTS), "s3://training/data/")
    manifest = account.manifest(answer["model"])
    assert (manifest["engine"], manifest["script"]) == ("forest", "train.py")
    assert "preprocessing seems to be missing" in manifest["warnings"][0]


def test_a_job_is_stopped_and_nothing_is_left(account):
    sagemaker = account.client("sagemaker")
    script = "import time\nprint('training', flush=True)\ntime.sleep(100)\n"
    account.client("s3").put_object(Bucket="training", Key="slow/train.py", Body=script.encode())
    sources = {"train": "s3://training/data/", "code": "s3://training/slow/"}
    sagemaker.create_training_job(
        TrainingJobName="slow",
        AlgorithmSpecification={"TrainingImage": account.image, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        HyperParameters={"sagemaker_program": "train.py"},
        InputDataConfig=[
            {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
            for name, uri in sources.items()
        ],
        OutputDataConfig={"S3OutputPath": "s3://training/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )
    running = ("ps", "--quiet", "--filter", "label=coppice.local.owner=training-job/slow")
    until(lambda: "training" in account.log("slow"))
    sagemaker.stop_training_job(TrainingJobName="slow")
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="slow", WaiterConfig={"Delay": 1, "MaxAttempts": 90})
    assert sagemaker.describe_training_job(TrainingJobName="slow")["TrainingJobStatus"] == "Stopped"
    assert docker(*running).stdout == ""


def test_nothing_of_a_job_is_left_on_this_machine(account):
    assert not list(Path(account.local.folder).rglob("train.csv"))
