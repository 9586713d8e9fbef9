"""Training jobs: what they should do. `training` does it, and writes what came of it into the same document."""

from __future__ import annotations

from typing import Any, Final

from local_test.emulator.arns import arn
from local_test.emulator.control.listing import Listing
from local_test.emulator.control.resources import Resources, missing, now
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ServiceError, ValidationError
from local_test.emulator.store import Document, Key, Kind
from local_test.emulator.training.metrics import broken
from local_test.emulator.training.run import transition
from local_test.emulator.training.trainings import Trainings

LISTING: Final = Listing("TrainingJobSummaries", "TrainingJobName", status="TrainingJobStatus", order="Ascending")
NEEDED: Final = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition")
"""Optional in the model only since there are serverless jobs, which take their place."""
NEVER: Final = ("WarmPoolStatusEquals", "TrainingPlanArnEquals")
"""Filters for what no job has here."""


class TrainingJobs:
    """Create, describe, list, stop and delete."""

    def __init__(self, resources: Resources, trainings: Trainings, model: Model) -> None:
        self._resources = resources
        self._trainings = trainings
        self._model = model

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateTrainingJob."""
        _check(members)
        key = Key(Kind.TRAINING_JOB, region, members["TrainingJobName"])
        time = now()
        document = {
            **self._model.answer("DescribeTrainingJob", members),
            "TrainingJobArn": arn(key),
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "EnableNetworkIsolation": members.get("EnableNetworkIsolation", False),
            "CreationTime": time,
            "LastModifiedTime": time,
        }
        transition(document, "Starting", "Preparing the instances for training")
        made = self._resources.create(key, document, members.get("Tags"))
        self._trainings.run(key)
        return {"TrainingJobArn": made}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeTrainingJob."""
        return self._resources.get(Key(Kind.TRAINING_JOB, region, members["TrainingJobName"]))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListTrainingJobs."""
        documents = [document for _, document in self._resources.store.all(Kind.TRAINING_JOB, region)]
        if any(name in members for name in NEVER):
            documents = []
        return LISTING.page(documents, members, lambda document: self._model.structure("TrainingJobSummary", document))

    def stop(self, region: str, members: dict[str, Any]) -> Document:
        """StopTrainingJob."""
        key = Key(Kind.TRAINING_JOB, region, members["TrainingJobName"])

        def stop(document: Document) -> None:
            status = document["TrainingJobStatus"]
            if status == "InProgress":
                transition(document, "Stopping", "Stopping the training job")
                document["TrainingJobStatus"] = "Stopping"
            elif status != "Stopping":
                raise ValidationError(f"The request was rejected because the training job is in status {status}.")

        if self._resources.store.change(key, stop) is None:
            raise missing(key)
        self._trainings.stop(key)
        return {}

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteTrainingJob, of one that has ended; its artifact and its log stay."""
        key = Key(Kind.TRAINING_JOB, region, members["TrainingJobName"])
        status = self._resources.get(key)["TrainingJobStatus"]
        if status in ("InProgress", "Stopping"):
            # The code is documented, the words are StopTrainingJob's.
            raise ServiceError(
                "ResourceInUse", f"The request was rejected because the training job is in status {status}."
            )
        self._resources.delete(key)
        return {}


def _check(members: dict[str, Any]) -> None:
    """What the model doesn't say. The words are ours where they name coppice local."""
    if "ServerlessJobConfig" in members:
        raise ValidationError("coppice local runs images on an instance; it has no serverless training jobs.")
    for name in NEEDED:
        if name not in members:
            at = name[0].lower() + name[1:]
            raise ValidationError(
                f"1 validation error detected: Value null at '{at}' failed to satisfy constraint: "
                "Member must not be null"
            )
    algorithm, resources = members["AlgorithmSpecification"], members["ResourceConfig"]
    if not algorithm.get("TrainingImage"):
        raise ValidationError("coppice local runs images: AlgorithmSpecification.TrainingImage is needed.")
    if regex := broken(algorithm.get("MetricDefinitions", [])):
        raise ValidationError(f"Invalid regular expression in MetricDefinitions: {regex}")
    counts = [group["InstanceCount"] for group in resources.get("InstanceGroups", ())]
    if max([resources.get("InstanceCount", 1), *counts]) > 1 or len(counts) > 1:
        raise ValidationError("coppice local runs a training job on one instance; ResourceConfig asks for more.")
    names = [channel["ChannelName"] for channel in members.get("InputDataConfig", ())]
    if len(set(names)) != len(names):
        raise ValidationError("Channel names in InputDataConfig must be unique.")
    for channel in members.get("InputDataConfig", ()):
        _check_channel(channel, algorithm.get("TrainingInputMode", "File"))


def _check_channel(channel: dict[str, Any], mode: str) -> None:
    name = channel["ChannelName"]
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise ValidationError(f"coppice local reads channels from S3 by prefix or manifest; {name} is another kind.")
    if (channel.get("InputMode") or mode) == "Pipe":
        raise ValidationError(f"coppice local has File and FastFile mode; the channel {name} asks for Pipe.")
    if channel.get("CompressionType", "None") != "None":
        raise ValidationError(f"coppice local leaves channels as they are; {name} asks for CompressionType Gzip.")
