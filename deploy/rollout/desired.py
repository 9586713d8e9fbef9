"""What should be: the model, the configuration and the scaling that a Spec asks for, as AWS takes them.

Names come from the content. What is there under its name already is as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from container import __version__
from deploy.aws import tags
from deploy.aws.autoscaling import INSTANCES, PROVISIONED, Scaling
from deploy.endpoint.artifact import Archive
from deploy.endpoint.image import Image
from deploy.endpoint.names import VARIANT, derived
from deploy.endpoint.package import PackageRef
from deploy.endpoint.spec import Instances, Network, Serverless, Spec

INVOCATIONS_PER_MINUTE: Final = 1000.0
UTILIZATION: Final = 0.7
BACKLOG: Final = 5.0


@dataclass(frozen=True)
class Source:
    """Everything a deployment is made from, found and checked."""

    archive: Archive
    image: Image
    role: str
    package: PackageRef | None = None


@dataclass(frozen=True)
class Desired:
    """The endpoint as it should be. `model` and `config` are the requests that create them."""

    endpoint: str
    hosting: Serverless | Instances
    source: Source
    model: Mapping[str, Any]
    config: Mapping[str, Any]
    tags: Mapping[str, str]
    scaling: Scaling | None

    @property
    def model_name(self) -> str:
        """The model's name."""
        return str(self.model["ModelName"])

    @property
    def config_name(self) -> str:
        """The configuration's name."""
        return str(self.config["EndpointConfigName"])


def desired(spec: Spec, source: Source) -> Desired:
    """What should be."""
    labels = _tags(spec, source)
    container: dict[str, Any] = {
        "Image": source.image.uri,
        "ModelDataUrl": str(source.archive.uri),
        "Environment": dict((source.package.environment if source.package else {}), **spec.environment),
    }
    model: dict[str, Any] = {"ExecutionRoleArn": source.role, "PrimaryContainer": container}
    if spec.network:
        model["VpcConfig"] = _vpc(spec.network)
    model_name = derived(spec.name, {**model, "identity": source.archive.identity})
    config: dict[str, Any] = {"ProductionVariants": [_variant(model_name, spec.hosting)]}
    if isinstance(spec.hosting, Instances) and spec.hosting.async_output:
        output = {"S3OutputPath": str(spec.hosting.async_output)}
        config["AsyncInferenceConfig"] = {"OutputConfig": output}
    config_name = derived(spec.name, config)
    listed = tags.as_list(labels)
    return Desired(
        spec.name,
        spec.hosting,
        source,
        {"ModelName": model_name, **model, "Tags": listed},
        {"EndpointConfigName": config_name, **config, "Tags": listed},
        labels,
        _scaling(spec),
    )


def _variant(model_name: str, hosting: Serverless | Instances) -> dict[str, Any]:
    variant: dict[str, Any] = {"VariantName": VARIANT, "ModelName": model_name}
    if isinstance(hosting, Serverless):
        return variant | {"ServerlessConfig": serverless_config(hosting)}
    return variant | {"InstanceType": hosting.type, "InitialInstanceCount": max(1, hosting.count.minimum)}


def serverless_config(hosting: Serverless) -> dict[str, int]:
    """A ServerlessConfig."""
    warm = {"ProvisionedConcurrency": hosting.provisioned.minimum} if hosting.provisioned else {}
    return {"MemorySizeInMB": hosting.memory_mb, "MaxConcurrency": hosting.max_concurrency, **warm}


def _vpc(network: Network) -> dict[str, list[str]]:
    return {"Subnets": list(network.subnets), "SecurityGroupIds": list(network.security_groups)}


def _scaling(spec: Spec) -> Scaling | None:
    hosting = spec.hosting
    if isinstance(hosting, Serverless):
        if hosting.provisioned is None or not hosting.provisioned.scales:
            return None
        return Scaling(PROVISIONED, *hosting.provisioned, spec.scale_at or UTILIZATION)
    if not hosting.count.scales:
        return None
    if hosting.async_output:
        return Scaling(INSTANCES, *hosting.count, spec.scale_at or BACKLOG, backlog=True)
    return Scaling(INSTANCES, *hosting.count, spec.scale_at or INVOCATIONS_PER_MINUTE)


def _tags(spec: Spec, source: Source) -> dict[str, str]:
    manifest = source.archive.manifest
    ours = {
        tags.ENDPOINT: spec.name,
        tags.STAGE: spec.stage,
        tags.VERSION: __version__,
        tags.ARTIFACT: source.archive.identity,
        tags.MODEL_ID: manifest.model_id if manifest else None,
        tags.PACKAGE: source.package.arn if source.package else None,
    }
    return {**spec.tags, **{key: value for key, value in ours.items() if value}}
