"""A training job as its document has it, and what of it the container is told."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

DEFAULT_RUNTIME_SECONDS: Final = 86_400
HOST: Final = "algo-1"


class Channel(NamedTuple):
    """One of the job's inputs."""

    name: str
    source_type: str
    source: str
    distribution: str
    content_type: str | None
    input_mode: str


class Job:
    """What CreateTrainingJob was asked."""

    def __init__(self, document: dict[str, Any]) -> None:
        algorithm = document["AlgorithmSpecification"]
        resources = document["ResourceConfig"]
        self.name: str = document["TrainingJobName"]
        self.arn: str = document["TrainingJobArn"]
        self.image: str = algorithm.get("TrainingImage", "")
        self.entrypoint: tuple[str, ...] | None = tuple(algorithm.get("ContainerEntrypoint", ())) or None
        self.arguments: tuple[str, ...] = tuple(algorithm.get("ContainerArguments", ()))
        self.metrics: list[dict[str, str]] = algorithm.get("MetricDefinitions", [])
        self.input_mode: str = algorithm.get("TrainingInputMode", "File")
        self.instance_type: str = resources.get("InstanceType", "ml.m5.large")
        self.hyperparameters: dict[str, str] = document.get("HyperParameters", {})
        self.isolated: bool = document.get("EnableNetworkIsolation", False)
        output = document["OutputDataConfig"]
        self.output: str = output["S3OutputPath"].rstrip("/")
        self.compressed: bool = output.get("CompressionType", "GZIP") == "GZIP"
        limit = document.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_RUNTIME_SECONDS)
        self.runtime_seconds: float = limit
        self.channels = [self._channel(one) for one in document.get("InputDataConfig", ())]
        self._environment: dict[str, str] = document.get("Environment", {})

    def _channel(self, one: dict[str, Any]) -> Channel:
        source = one["DataSource"]["S3DataSource"]
        mode = one.get("InputMode") or self.input_mode
        distribution = source.get("S3DataDistributionType", "FullyReplicated")
        what = (source["S3DataType"], source["S3Uri"], distribution, one.get("ContentType"))
        return Channel(one["ChannelName"], *what, mode)

    @property
    def command(self) -> tuple[str, ...]:
        """What the image, or the job's own entry point, is given."""
        return self.arguments or (() if self.entrypoint else ("train",))

    def environment(self, region: str, address: str) -> dict[str, str]:
        """The job's own, and what the platform sets; AWS's clients in it reach the emulator at `address`."""
        aws = {
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_ENDPOINT_URL": address,
        }
        return {**aws, **self._environment, "TRAINING_JOB_NAME": self.name, "TRAINING_JOB_ARN": self.arn}

    def files(self) -> dict[str, Any]:
        """/opt/ml/input/config: each file's name and document."""
        channels = {
            one.name: {
                "TrainingInputMode": one.input_mode,
                "S3DistributionType": one.distribution,
                "RecordWrapperType": "None",
                **({"ContentType": one.content_type} if one.content_type else {}),
            }
            for one in self.channels
        }
        group = {"instance_group_name": "homogeneousCluster", "instance_type": self.instance_type, "hosts": [HOST]}
        resources = {
            "current_host": HOST,
            "current_instance_type": self.instance_type,
            "current_group_name": group["instance_group_name"],
            "hosts": [HOST],
            "instance_groups": [group],
            "network_interface_name": "eth0",
        }
        return {
            "hyperparameters.json": self.hyperparameters,
            "inputdataconfig.json": channels,
            "resourceconfig.json": resources,
        }
