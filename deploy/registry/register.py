"""Registers an archive with an image: a plan that only reads, then its steps. What is registered already stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from container import __version__, contract
from container.artifact.manifest import Manifest
from deploy.aws import tags
from deploy.aws.model_registry import APPROVED, PENDING, Approval, Package, Version
from deploy.aws.s3 import S3Uri
from deploy.endpoint.names import artifact_prefix
from deploy.endpoint.package import Named
from deploy.errors import Missing, UsageError
from deploy.registry import documents
from deploy.registry.request import Contents, Document, build, metadata

Step = Callable[[str], AbstractContextManager[Any]]
"""Shows one step while it runs."""


class Registry(Protocol):
    """What is asked of the model registry here."""

    def group_exists(self, group: str) -> bool:
        """Whether the group is there."""

    def create_group(self, group: str, description: str, tags: Mapping[str, str]) -> None:
        """Make one."""

    def versions(self, group: str) -> list[Version]:
        """Its versions, the newest first."""

    def describe(self, arn: str) -> Package:
        """A version in full."""

    def create(self, request: Mapping[str, Any]) -> str:
        """Register a version; its ARN."""

    def set_approval(self, package: Package, approval: Approval, note: str) -> None:
        """Approve or reject one."""


class Store(Protocol):
    """What is asked of S3 here."""

    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket is there and ours."""

    def create_bucket(self, bucket: str) -> None:
        """Make one."""

    def upload(self, file: Path, uri: S3Uri) -> None:
        """Put a file there."""

    def put(self, uri: S3Uri, body: bytes, content_type: str) -> None:
        """Write one."""


@dataclass(frozen=True)
class Asked:
    """What to register, where it was found: `upload` is the archive's file where it isn't in S3 yet."""

    group: str
    model_data: S3Uri
    identity: str
    manifest: Manifest | None
    upload: Path | None
    image: str
    bucket: str
    description: str = ""
    approve: bool = False
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Plan:
    """What will be done. `registered` is the version that holds the same already; then nothing is made."""

    asked: Asked
    contents: Contents
    request: Mapping[str, Any]
    creates_bucket: bool
    creates_group: bool
    registered: Package | None

    @property
    def approves(self) -> bool:
        """Whether the registered version is to be approved, which it isn't yet."""
        return self.registered is not None and self.asked.approve and self.registered.approval != APPROVED


def group_of(text: str) -> str:
    """The group that is named; raises UsageError for a name that isn't one, or that has a version."""
    named = Named.parse(text)
    if named.version is not None:
        raise UsageError(f"--group takes a group; the registry numbers the versions itself: {text!r}.")
    return named.group


def plan(asked: Asked, registry: Registry, store: Store) -> Plan:
    """Look at what is there; raises UsageError, LimitError and Missing."""
    contents = _contents(asked)
    approval: Approval = APPROVED if asked.approve else PENDING
    request = build(asked.group, contents, asked.description, approval, metadata(contents, asked.metadata or {}))
    group_exists = registry.group_exists(asked.group)
    if not group_exists and asked.group.startswith("arn:"):
        raise Missing(f"There is no group {asked.group}, or it isn't shared with this account.")
    registered = _registered(contents, asked.group, registry) if group_exists else None
    creates_bucket = registered is None and not store.bucket_exists(asked.bucket)
    return Plan(asked, contents, request, creates_bucket, not group_exists, registered)


def _contents(asked: Asked) -> Contents:
    place = S3Uri(asked.bucket, f"{artifact_prefix(asked.group.rpartition('/')[2])}{asked.identity}/")

    def beside(name: str, content: bytes | None) -> Document | None:
        return Document(place._replace(key=place.key + name), content) if content else None

    manifest = asked.manifest
    return Contents(
        asked.model_data,
        asked.identity,
        asked.image,
        manifest,
        beside(documents.METRICS_FILE, documents.metrics(manifest) if manifest else None),
        beside(documents.PAYLOAD_FILE, documents.sample_payload(manifest) if manifest else None),
    )


def _registered(contents: Contents, group: str, registry: Registry) -> Package | None:
    """The newest version with this archive and image."""
    for version in registry.versions(group):
        if version.status in ("Failed", "Deleting"):
            continue
        package = registry.describe(version.arn)
        if len(package.containers) != 1 or package.metadata.get(tags.ARTIFACT) != contents.identity:
            continue
        container = package.containers[0]
        if (container.image, container.model_data_url) == (contents.image, str(contents.model_data)):
            return package
    return None


def apply(plan: Plan, registry: Registry, store: Store, step: Step) -> Package:
    """Do it, a step after the other, each of which the next run finds done; the version that is there then."""
    asked, contents = plan.asked, plan.contents
    if plan.registered is not None:
        if plan.approves:
            with step(f"approve version {plan.registered.version}"):
                registry.set_approval(plan.registered, APPROVED, "")
            return plan.registered._replace(approval=APPROVED)
        return plan.registered
    if plan.creates_bucket:
        with step(f"create bucket {asked.bucket}"):
            store.create_bucket(asked.bucket)
    if asked.upload is not None:
        with step(f"upload {asked.upload.name}"):
            store.upload(asked.upload, contents.model_data)
    if contents.metrics or contents.payload:
        with step("upload metrics and sample payload"):
            _put(contents, store)
    if plan.creates_group:
        with step(f"create group {asked.group}"):
            registry.create_group(asked.group, "Registered with Coppice", {tags.VERSION: __version__})
    with step("register"):
        return registry.describe(registry.create(plan.request))


def _put(contents: Contents, store: Store) -> None:
    if contents.metrics:
        store.put(contents.metrics.uri, contents.metrics.content, contract.JSON)
    if contents.payload:
        store.put(contents.payload.uri, contents.payload.content, "application/gzip")
