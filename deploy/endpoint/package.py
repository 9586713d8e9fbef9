"""Which model package `GROUP[:VERSION]` means, and what it is made of. Reads only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from deploy.aws.model_registry import APPROVED, COMPLETED, Package, Version
from deploy.errors import Missing, NotSupported, UsageError

_NAME: Final = r"[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}"
_ARN: Final = r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}"
_GROUP: Final = re.compile(rf"((?:{_ARN}:model-package-group/)?{_NAME})(?::([1-9][0-9]{{0,8}}))?")
_PACKAGE: Final = re.compile(rf"({_ARN}):model-package/({_NAME})/([1-9][0-9]{{0,8}})")


class Named(NamedTuple):
    """A group, by its name or ARN, and one of its versions; None leaves the version open."""

    group: str
    version: int | None

    @classmethod
    def parse(cls, text: str) -> Named:
        """Read `GROUP`, `GROUP:VERSION`, either with the group's ARN, or a version's own ARN; raises UsageError."""
        if found := _PACKAGE.fullmatch(text):
            return cls(f"{found[1]}:model-package-group/{found[2]}", int(found[3]))
        if found := _GROUP.fullmatch(text):
            return cls(found[1], int(found[2]) if found[2] else None)
        raise UsageError(
            f"A registered model is named GROUP or GROUP:VERSION; this is {text!r}.",
            "A group's name has letters, digits and hyphens, at most 63; a version is a number, as in houses:3.",
        )

    def __str__(self) -> str:
        return self.group if self.version is None else f"{self.group}:{self.version}"


class PackageRef(NamedTuple):
    """An approved package: what a model is made from. `image` is a digest URI where SageMaker knew the digest."""

    arn: str
    group: str
    version: int
    approval: str
    image: str
    model_data_url: str
    environment: Mapping[str, str]
    metadata: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.group}:{self.version}"


class Registry(Protocol):
    """What is asked of the registry here."""

    def group_exists(self, group: str) -> bool:
        """Whether the group is there."""

    def versions(self, group: str) -> list[Version]:
        """Its versions, the newest first."""

    def describe(self, arn: str) -> Package:
        """A version in full."""


def find(registry: Registry, text: str) -> PackageRef:
    """The version that `GROUP:VERSION` names, or the latest approved one of `GROUP`.

    Raises UsageError for what is no such name, Missing where the group or version isn't there or isn't approved, and
    NotSupported for a package that isn't one container with a model.tar.gz.
    """
    named = Named.parse(text)
    chosen = _choose(named, versions_of(registry, named.group))
    package = registry.describe(chosen.arn)
    if len(package.containers) != 1 or not package.containers[0].model_data_url:
        raise NotSupported(
            f"{named.group}:{chosen.number} is not one container with a model.tar.gz, which is what Coppice deploys.",
            f"Register it with coppice: coppice register --group {named.group} --model model.tar.gz --image URI",
        )
    image, model_data_url, environment = package.containers[0]
    return PackageRef(
        package.arn,
        named.group,
        chosen.number,
        package.approval,
        image,
        model_data_url,
        environment,
        package.metadata,
    )


def versions_of(registry: Registry, group: str) -> list[Version]:
    """The group's versions, the newest first; raises Missing where there is no group, or nothing in it."""
    versions = registry.versions(group)
    if not versions:
        what = f"The group {group} is empty" if registry.group_exists(group) else f"There is no group {group}"
        raise Missing(
            f"{what} in this region's model registry.",
            f"Register a model first: coppice register --group {group} --model model.tar.gz --image URI",
        )
    return versions


def archives_of(registry: Registry, group: str) -> set[str]:
    """The addresses of the archives that a group's versions are made of; none where there is no such group."""
    packages = (registry.describe(version.arn) for version in registry.versions(group))
    return {container.model_data_url for package in packages for container in package.containers}


def numbered(group: str, versions: list[Version], number: int) -> Version:
    """One version by its number; raises Missing."""
    for version in versions:
        if version.number == number:
            return version
    newest = versions[0].number
    raise Missing(f"{group} has no version {number}; its newest is {newest}.", f"Take that one: {group}:{newest}")


def _choose(named: Named, versions: list[Version]) -> Version:
    if named.version is not None:
        chosen = numbered(named.group, versions, named.version)
        return _approved(named.group, _whole(named.group, chosen))
    for version in versions:
        if version.approval == APPROVED and version.status == COMPLETED:
            return version
    newest = versions[0]
    raise Missing(
        f"No version of {named.group} is approved; the newest, {newest.number}, is {newest.approval}.",
        f"Approve it: coppice approve {named.group}:{newest.number}",
    )


def _whole(group: str, version: Version) -> Version:
    if version.status != COMPLETED:
        raise Missing(f"{group}:{version.number} can't be deployed: its status is {version.status}.")
    return version


def _approved(group: str, version: Version) -> Version:
    if version.approval != APPROVED:
        raise Missing(
            f"{group}:{version.number} isn't approved: it is {version.approval}.",
            f"Approve it: coppice approve {group}:{version.number}",
        )
    return version
