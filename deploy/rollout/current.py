"""What is: one endpoint and everything of ours around it. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.aws import tags
from deploy.aws.autoscaling import AutoScaling, Scaling
from deploy.aws.sagemaker import SageMaker
from deploy.endpoint.deployment import Deployment

IN_SERVICE: Final = "InService"
FAILED: Final = "Failed"
DELETING: Final = "Deleting"


@dataclass(frozen=True)
class Current:
    """An endpoint as AWS describes it. Everything is empty where there is none."""

    name: str
    arn: str = ""
    status: str = ""
    failure: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    variant: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    scaling: tuple[Scaling, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether there is an endpoint."""
        return bool(self.status)

    @property
    def ours(self) -> bool:
        """Whether Coppice made it."""
        return self.tags.get(tags.ENDPOINT) == self.name

    @property
    def configured(self) -> Mapping[str, Any]:
        """The variant as its configuration has it."""
        variants = self.config.get("ProductionVariants") or [{}]
        found: Mapping[str, Any] = variants[0]
        return found

    @property
    def serverless(self) -> Mapping[str, Any] | None:
        """Memory and the concurrency in force, which may differ from the configuration's; None on instances."""
        found: Mapping[str, Any] | None = self.variant.get("CurrentServerlessConfig") or self.configured.get(
            "ServerlessConfig"
        )
        return found

    @property
    def deployment(self) -> Deployment:
        """What serves."""
        name = self.config.get("EndpointConfigName", "")
        if self.serverless is None:
            return Deployment(name)
        warm = self.serverless.get("ProvisionedConcurrency")
        for scaling in self.scaling:  # it moves what is provisioned up and down; that is no new deployment
            warm = scaling.minimum
        return Deployment(name, self.serverless.get("MaxConcurrency"), warm)

    @property
    def previous(self) -> Deployment | None:
        """What served before."""
        recorded, running = self.tags.get(tags.CONFIG), self.deployment
        if recorded and running.config and Deployment.from_tag(recorded) != running:
            return Deployment.from_tag(recorded)  # an interrupted deployment didn't come to recording this
        found = self.tags.get(tags.PREVIOUS)
        return Deployment.from_tag(found) if found else None


def read(name: str, sagemaker: SageMaker, autoscaling: AutoScaling) -> Current:
    """The endpoint as it is now."""
    found = sagemaker.endpoint(name)
    if found is None:
        return Current(name)
    config_name = found.get("EndpointConfigName", "")
    variant = (found.get("ProductionVariants") or [{}])[0]
    config = (sagemaker.config(config_name) if config_name else None) or {}
    variant_name = variant.get("VariantName") or (config.get("ProductionVariants") or [{}])[0].get("VariantName")
    return Current(
        name,
        found["EndpointArn"],
        found["EndpointStatus"],
        found.get("FailureReason") or "",
        config or {"EndpointConfigName": config_name},
        variant,
        sagemaker.tags(found["EndpointArn"]),
        tuple(autoscaling.current(name, variant_name)) if variant_name else (),
    )
