"""What an endpoint is made of, gathered from everywhere that knows a part of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from deploy.aws import tags as tag
from deploy.aws.describe import Denied, Describe
from deploy.endpoint.deployment import Deployment
from deploy.endpoint.running import Kind, Running, not_found

T = TypeVar("T")
_ECR_IMAGE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.[^/]+/([^@:]+)(?::[^@]+)?@(sha256:[0-9a-f]{64})")
_AT_ONCE: Final = 8


class Scaling(NamedTuple):
    """What autoscaling may do: `dimension` as in DesiredProvisionedConcurrency, between two numbers."""

    variant: str
    dimension: str
    least: int
    most: int


@dataclass(frozen=True)
class Status:
    """An endpoint and its parts; None where there is no such part, or `unseen` says it may not be looked at."""

    running: Running
    tags: Mapping[str, str]
    config: Mapping[str, Any] | None
    model: Mapping[str, Any] | None
    image_tags: tuple[str, ...]
    scaling: tuple[Scaling, ...]
    unseen: tuple[str, ...]

    @property
    def ours(self) -> bool:
        """Whether Coppice made it."""
        return tag.ENDPOINT in self.tags

    @property
    def container(self) -> Mapping[str, Any]:
        """The model's container (the first, where it has several); empty where it isn't known."""
        model = self.model or {}
        return model.get("PrimaryContainer") or _first(model.get("Containers"))

    @property
    def image(self) -> str | None:
        """The image that runs: by digest where SageMaker says which it resolved to."""
        return _resolved(self.running) or self.container.get("Image")

    @property
    def artifact(self) -> str | None:
        """Where the model's archive, or folder, is in S3."""
        source = self.container.get("ModelDataSource") or {}
        return self.container.get("ModelDataUrl") or (source.get("S3DataSource") or {}).get("S3Uri")

    @property
    def instances(self) -> tuple[str, int | None] | None:
        """The instances' type and their number now; None for a serverless endpoint."""
        if self.running.serverless:
            return None
        now = _first(self.running.variants)
        variant = _first((self.config or {}).get("ProductionVariants"))
        return variant.get("InstanceType") or "instances", now.get("CurrentInstanceCount")

    @property
    def previous(self) -> Deployment | None:
        """What rollback returns to."""
        found = self.tags.get(tag.PREVIOUS)
        return Deployment.from_tag(found) if found else None


def gather(describe: Describe, name: str, region: str) -> Status:
    """Everything there is to see of an endpoint. Raises EndpointNotFound, and Denied for the endpoint itself."""
    described = describe.endpoint(name)
    if described is None:
        raise not_found(name, region, describe.names())
    return _Gathering(describe).status(described)


class Listing(NamedTuple):
    """Our endpoints, and how many others there are."""

    ours: list[Status]
    others: int


def gather_all(describe: Describe) -> Listing:
    """A look at every endpoint that is ours, by name. Several at once: each takes a few calls."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda summary: _summary(describe, summary), describe.endpoints()))
    ours = [status for status in found if status is not None]
    return Listing(sorted(ours, key=lambda status: status.running.name), len(found) - len(ours))


def _summary(describe: Describe, summary: Mapping[str, Any]) -> Status | None:
    tags = describe.tags(summary["EndpointArn"])
    described = describe.endpoint(summary["EndpointName"]) if tag.ENDPOINT in tags else None
    if described is None:  # another's, or deleted since it was listed
        return None
    running = Running.read(described)
    config = None
    if running.kind is not Kind.serverless:
        config = describe.config(running.config)
        running = Running.read(described, config)
    return Status(running, tags, config, None, (), (), ())


class _Gathering:
    """Reads the parts one after the other, and notes those that these credentials may not see."""

    def __init__(self, describe: Describe) -> None:
        self._describe = describe
        self._unseen: list[str] = []

    def status(self, described: Mapping[str, Any]) -> Status:
        running = Running.read(described)
        config = self._see("the configuration", lambda: self._describe.config(running.config))
        running = Running.read(described, config)
        tags = self._see("tags", lambda: self._describe.tags(running.arn)) or {}
        model = self._see("the model", lambda: self._model(config))
        scaling = self._see("autoscaling", lambda: self._scaling(running)) or ()
        image = _resolved(running) or ((model or {}).get("PrimaryContainer") or {}).get("Image") or ""
        image_tags = self._see("the image's tags", lambda: self._image_tags(image)) or ()
        return Status(running, tags, config, model, image_tags, scaling, tuple(self._unseen))

    def _see(self, what: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Denied:
            self._unseen.append(what)
            return None

    def _model(self, config: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        variant = _first((config or {}).get("ProductionVariants"))
        return self._describe.model(variant["ModelName"]) if variant.get("ModelName") else None

    def _scaling(self, running: Running) -> tuple[Scaling, ...]:
        names = [f"endpoint/{running.name}/variant/{variant['VariantName']}" for variant in running.variants]
        return tuple(
            Scaling(
                target["ResourceId"].rpartition("/")[2],
                target["ScalableDimension"].rpartition(":")[2],
                target["MinCapacity"],
                target["MaxCapacity"],
            )
            for target in self._describe.scalable_targets(names)
        )

    def _image_tags(self, image: str) -> tuple[str, ...]:
        found = _ECR_IMAGE.fullmatch(image)
        return self._describe.image_tags(found[1], found[2], found[3]) if found else ()


def _resolved(running: Running) -> str | None:
    return _first(_first(running.variants).get("DeployedImages")).get("ResolvedImage")


def _first(documents: Iterable[Mapping[str, Any]] | None) -> Mapping[str, Any]:
    """The first of some documents: endpoints have one variant and one container, but for others' endpoints."""
    return next(iter(documents or ()), {})
