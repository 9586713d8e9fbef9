"""What a training container is told of its job."""

from __future__ import annotations

from typing import Any

import pytest

from local_test.emulator.training.metrics import broken
from local_test.emulator.training.settings import Job


def job(**changed: Any) -> Job:
    return Job(
        {
            "TrainingJobName": "job",
            "TrainingJobArn": "arn",
            "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "FastFile"},
            "OutputDataConfig": {"S3OutputPath": "s3://b/out/"},
            "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
            **changed,
        }
    )


def channel(name: str, source: dict[str, str] | None = None, **more: str) -> dict[str, Any]:
    data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://b/{name}", **(source or {})}
    return {"ChannelName": name, "DataSource": {"S3DataSource": data}, **more}


def test_the_files_of_input_config():
    sharded = channel("train", {"S3DataDistributionType": "ShardedByS3Key"}, ContentType="text/csv")
    told = job(HyperParameters={"n": "3"}, InputDataConfig=[sharded, channel("test", InputMode="File")])
    files = told.files()
    assert files["hyperparameters.json"] == {"n": "3"}
    assert files["inputdataconfig.json"] == {
        "train": {
            "TrainingInputMode": "FastFile",
            "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
            "ContentType": "text/csv",
        },
        "test": {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"},
    }
    resources = files["resourceconfig.json"]
    assert (resources["current_host"], resources["hosts"]) == ("algo-1", ["algo-1"])
    assert resources["current_instance_type"] == "ml.c5.xlarge"


def test_the_environment_of_the_job_wins_over_ours_but_for_its_name():
    environment = job(Environment={"AWS_REGION": "mine", "TRAINING_JOB_NAME": "other", "A": "b"}).environment("r", "u")
    assert (environment["AWS_REGION"], environment["A"], environment["TRAINING_JOB_NAME"]) == ("mine", "b", "job")
    assert (environment["AWS_ENDPOINT_URL"], environment["AWS_DEFAULT_REGION"]) == ("u", "r")


@pytest.mark.parametrize(
    ("algorithm", "entrypoint", "command"),
    [
        ({}, None, ("train",)),
        ({"ContainerArguments": ["a", "b"]}, None, ("a", "b")),
        ({"ContainerEntrypoint": ["/bin/sh"]}, ("/bin/sh",), ()),
        ({"ContainerEntrypoint": ["/bin/sh"], "ContainerArguments": ["x.sh"]}, ("/bin/sh",), ("x.sh",)),
    ],
)
def test_what_is_run(algorithm, entrypoint, command):
    told = job(AlgorithmSpecification={"TrainingImage": "image:1", **algorithm})
    assert (told.entrypoint, told.command) == (entrypoint, command)


def test_a_broken_regular_expression_is_named():
    assert broken([{"Name": "a", "Regex": "a=(.*)"}, {"Name": "b", "Regex": "b=("}]) == "b=("
    assert broken([{"Name": "a", "Regex": "a=(.*)"}]) is None
