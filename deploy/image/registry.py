"""Where images go: ECR, or a registry of one's own for tests and work offline."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from deploy.aws import tags
from deploy.aws.ecr import ECR, Repository
from deploy.image.docker import Docker

UNTAGGED_DAYS: Final = 14
"""How long ECR keeps images without a tag."""


@dataclass(frozen=True)
class Home:
    """The place for one image's versions. `remarks` are what people should know of it."""

    uri: str
    created: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The registry, and its port."""
        return self.uri.partition("/")[0]

    @property
    def on_loopback(self) -> bool:
        """Whether it is on this machine, where docker speaks plain HTTP without being told to."""
        name = self.host.rpartition(":")[0] or self.host
        try:
            return ipaddress.ip_address(name.strip("[]")).is_loopback
        except ValueError:
            return name == "localhost"


class Registry(Protocol):
    """What pushing needs of a registry."""

    def prepare(self, name: str) -> Home:
        """Make room for an image, and say where."""

    def log_in(self, home: Home, docker: Docker) -> None:
        """Let docker push there."""


class EcrRegistry:
    """ECR: the repository is created if needed, never changed; one of ours that was left half made is finished."""

    def __init__(self, ecr: ECR, labels: Mapping[str, str]) -> None:
        self._ecr = ecr
        self._labels = labels

    def prepare(self, name: str) -> Home:
        """Find or create the repository."""
        found = self._ecr.repository(name)
        if found is None:
            made = self._ecr.create_repository(name, self._labels)
            self._ecr.expire_untagged(name, UNTAGGED_DAYS)
            return Home(made.uri, created=True)
        return Home(found.uri, remarks=tuple(self._remarks(found)))

    def log_in(self, home: Home, docker: Docker) -> None:
        """Log in for the next twelve hours."""
        login = self._ecr.login()
        docker.log_in(home.host, login.user, login.password)

    def _remarks(self, found: Repository) -> list[str]:
        remarks = []
        change = f"To change that: aws ecr put-image-tag-mutability --repository-name {found.name}"
        if not found.immutable:
            remarks.append(f"the tags of {found.name} can be overwritten. {change} --image-tag-mutability IMMUTABLE")
        if not found.scans:
            change = f"To change that: aws ecr put-image-scanning-configuration --repository-name {found.name}"
            remarks.append(
                f"images pushed to {found.name} aren't scanned. {change} --image-scanning-configuration scanOnPush=true"
            )
        if not self._ecr.has_lifecycle(found.name):
            if tags.VERSION in self._ecr.repository_tags(found):
                self._ecr.expire_untagged(found.name, UNTAGGED_DAYS)
            else:
                remarks.append(f"nothing removes the untagged images of {found.name}; each is stored and paid for.")
        return remarks


class PlainRegistry:
    """A registry at `host`, such as 127.0.0.1:5000. AWS isn't asked anything; who needs to logs in to it."""

    def __init__(self, host: str) -> None:
        self._host = host

    def prepare(self, name: str) -> Home:
        """Such registries make room on their own."""
        return Home(f"{self._host}/{name}")

    def log_in(self, home: Home, docker: Docker) -> None:
        """Nothing to do."""
