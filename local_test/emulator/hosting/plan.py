"""What an endpoint is to run: its configuration and models, read once, and remembered for as long as it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from local_test.emulator.arns import arn
from local_test.emulator.instances.starter import Wanted
from local_test.emulator.limits import Limits
from local_test.emulator.model_container import container_of
from local_test.emulator.store import Document, Key, Kind, Store


class Variant(NamedTuple):
    """A production variant with its model."""

    name: str
    weight: float
    image: str
    model_url: str | None
    environment: dict[str, str]
    start_seconds: float
    """For the download and /ping together."""
    instances: int
    """Of a real-time variant."""
    memory_mb: int | None = None
    """Of a serverless one; None means real-time."""
    max_concurrency: int = 0
    provisioned: int = 0
    resolved: str | None = None
    """The image by its digest, where ECR knows it: a tag that moves later changes nothing that serves."""

    def kept(self) -> int:
        """How many instances are there without any call."""
        return self.provisioned if self.memory_mb is not None else self.instances

    def wanted(self, endpoint: Key) -> Wanted:
        """What to start for one instance."""
        return Wanted(
            region=endpoint.region,
            owner=f"endpoint/{endpoint.name}",
            image=self.resolved or self.image,
            model_url=self.model_url,
            environment=self.environment,
            memory_mb=self.memory_mb,
            start_seconds=self.start_seconds,
        )

    def changed(self, desired: dict[str, Any]) -> Variant:
        """The variant after a member of DesiredWeightsAndCapacities; what isn't named stays."""
        serverless = desired.get("ServerlessUpdateConfig", {})
        return self._replace(
            weight=desired.get("DesiredWeight", self.weight),
            instances=desired.get("DesiredInstanceCount", self.instances),
            max_concurrency=serverless.get("MaxConcurrency", self.max_concurrency),
            provisioned=serverless.get("ProvisionedConcurrency", self.provisioned),
        )


class Plan(NamedTuple):
    """Everything that an endpoint runs."""

    config_name: str
    variants: tuple[Variant, ...]

    def with_variant(self, variant: Variant) -> Plan:
        """The plan with a variant in place of that of the same name."""
        return self._replace(variants=tuple(variant if old.name == variant.name else old for old in self.variants))

    def described(self) -> list[dict[str, Any]]:
        """Each variant's name, weight and capacity, for people."""
        names = ("name", "weight", "instances", "memory_mb", "max_concurrency", "provisioned", "image")
        return [{name: getattr(variant, name) for name in names} for variant in self.variants]

    def pinned(self, resolved: Callable[[str], str | None]) -> Plan:
        """The plan with the digests for which its images' tags stand now."""
        return self._replace(
            variants=tuple(variant._replace(resolved=resolved(variant.image)) for variant in self.variants)
        )

    def retaining(self, properties: dict[str, dict[str, Any]]) -> Plan:
        """The plan with what an update keeps of the endpoint's variants, by name."""
        return self._replace(
            variants=tuple(variant.changed(properties.get(variant.name, {})) for variant in self.variants)
        )


class NoConfig(Exception):
    """The configuration is gone; the message is for FailureReason."""


def read_plan(store: Store, endpoint: Key, config_name: str, limits: Limits) -> Plan:
    """Read what a configuration asks for. Raises NoConfig; NoContainer."""
    key = Key(Kind.ENDPOINT_CONFIG, endpoint.region, config_name)
    config = store.get(key)
    if config is None:
        raise NoConfig(f'Could not find endpoint configuration "{arn(key)}".')
    return Plan(
        config_name,
        tuple(_variant(store, endpoint.region, variant, limits) for variant in config["ProductionVariants"]),
    )


def remembered(store: Store, endpoint: Key) -> Plan | None:
    """The plan that an endpoint serves by, or served by when the emulator ended; None where it never did."""
    document = store.get(_place(endpoint))
    if document is None:
        return None
    return Plan(document["config_name"], tuple(Variant(**variant) for variant in document["variants"]))


def remember(store: Store, endpoint: Key, plan: Plan) -> None:
    """Keep it for `remembered`."""
    store.put(_place(endpoint), _document(plan) | {"changes": []})


def note_change(store: Store, endpoint: Key, variant: str, desired: dict[str, Any]) -> None:
    """Keep a change of capacity that is under way: whoever ends meanwhile has it in `noted_changes` afterwards."""
    store.change(_place(endpoint), lambda document: document["changes"].append([variant, desired]))


def noted_changes(store: Store, endpoint: Key) -> list[tuple[str, dict[str, Any]]]:
    """Variants' names and what is desired of each, oldest first."""
    document = store.get(_place(endpoint)) or {"changes": []}
    return [(variant, desired) for variant, desired in document["changes"]]


def change_done(store: Store, endpoint: Key, plan: Plan) -> None:
    """The oldest change is done, or given up, and this is the plan now."""
    store.change(_place(endpoint), lambda document: document.update(_document(plan), changes=document["changes"][1:]))


def forget(store: Store, endpoint: Key) -> None:
    """Remember it no longer."""
    store.delete(_place(endpoint))


def _document(plan: Plan) -> Document:
    return {"config_name": plan.config_name, "variants": [variant._asdict() for variant in plan.variants]}


def _place(endpoint: Key) -> Key:
    return endpoint._replace(kind=Kind.DEPLOYMENT)


def _variant(store: Store, region: str, variant: Document, limits: Limits) -> Variant:
    container = container_of(store, Key(Kind.MODEL, region, variant["ModelName"]))
    serverless = variant.get("ServerlessConfig")
    start_seconds = limits.serverless_start_seconds
    if serverless is None:
        serverless = {}
        start_seconds = _real_time_seconds(variant, limits)
    return Variant(
        name=variant["VariantName"],
        weight=variant.get("InitialVariantWeight", 1.0),
        image=container.image,
        model_url=container.model_url,
        environment=container.environment,
        start_seconds=start_seconds,
        instances=variant.get("InitialInstanceCount", 1),
        memory_mb=serverless.get("MemorySizeInMB"),
        max_concurrency=serverless.get("MaxConcurrency", 0),
        provisioned=serverless.get("ProvisionedConcurrency", 0),
    )


def _real_time_seconds(variant: Document, limits: Limits) -> float:
    """AWS has a time for the download and one for /ping; a start here has their sum for both."""
    ping: float = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", limits.real_time_start_seconds)
    download: float = variant.get("ModelDataDownloadTimeoutInSeconds", 0)
    return ping + download
