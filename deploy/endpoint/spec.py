"""What an endpoint is asked to be. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deploy.aws.s3 import S3Uri


class Range(NamedTuple):
    """From `minimum` to `maximum`; autoscaling moves between them where they differ."""

    minimum: int
    maximum: int

    def __str__(self) -> str:
        return str(self.minimum) if self.minimum == self.maximum else f"{self.minimum}..{self.maximum}"

    @property
    def scales(self) -> bool:
        """Whether there is anything to scale between."""
        return self.minimum != self.maximum


@dataclass(frozen=True)
class Serverless:
    """Costs nothing while nobody calls it; `provisioned` instances are kept warm."""

    memory_mb: int
    max_concurrency: int
    provisioned: Range | None = None

    def __str__(self) -> str:
        warm = f", {self.provisioned} provisioned" if self.provisioned else ""
        return f"serverless, {self.memory_mb} MB, up to {self.max_concurrency} at a time{warm}"


@dataclass(frozen=True)
class Instances:
    """Machines that are always there: real-time, or asynchronous where answers go to `async_output`."""

    type: str
    count: Range
    async_output: S3Uri | None = None

    def __str__(self) -> str:
        kind = f"asynchronous to {self.async_output}" if self.async_output else "real-time"
        return f"{kind}, {self.count} of {self.type}"


@dataclass(frozen=True)
class Network:
    """The subnets and security groups of a VPC."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True)
class Spec:
    """An endpoint as asked for. `model` is an archive here or in S3; None where `from_registry` names a package."""

    name: str
    model: Path | S3Uri | None
    from_registry: str | None
    image: str | None
    role: str | None
    bucket: str | None
    hosting: Serverless | Instances
    scale_at: float | None = None
    network: Network | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
