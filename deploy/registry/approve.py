"""Says of a registered version that it may be deployed, or may not."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from deploy.aws.model_registry import APPROVED, COMPLETED, Approval, Package, Version
from deploy.endpoint.package import Named, numbered, versions_of
from deploy.errors import Missing


class Change(NamedTuple):
    """What was said of a version before and is said now."""

    group: str
    version: int
    arn: str
    was: str
    approval: str
    changed: bool


class Approvals(Protocol):
    """What is asked of the registry here."""

    def group_exists(self, group: str) -> bool:
        """Whether the group is there."""

    def versions(self, group: str) -> list[Version]:
        """Its versions, the newest first."""

    def describe(self, arn: str) -> Package:
        """A version in full."""

    def set_approval(self, package: Package, approval: Approval, note: str) -> None:
        """Approve or reject one."""


def decide(registry: Approvals, text: str, approval: Approval, note: str) -> Change:
    """Approve or reject `GROUP[:VERSION]`, the newest where none is named; nothing happens where it is so already.

    Raises UsageError, and Missing where it isn't there or isn't whole.
    """
    named = Named.parse(text)
    versions = versions_of(registry, named.group)
    chosen = versions[0] if named.version is None else numbered(named.group, versions, named.version)
    if approval == APPROVED and chosen.status != COMPLETED:
        raise Missing(f"{named.group}:{chosen.number} can't be approved: its status is {chosen.status}.")
    package = registry.describe(chosen.arn)
    changed = package.approval != approval or (note != "" and package.note != note)
    if changed:
        registry.set_approval(package, approval, note)
    return Change(named.group, chosen.number, chosen.arn, package.approval, approval, changed)
