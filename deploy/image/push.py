"""Pushing: look at the image, make room for it, push it unless it is there, look at what arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deploy.errors import DeployError, Missing, UsageError
from deploy.image.checks import check_form, check_manifest
from deploy.image.docker import Docker, LocalImage, RegistryImage
from deploy.image.registry import Home, Registry
from deploy.image.serve import ServeCheck


@dataclass(frozen=True)
class Pushed:
    """What became of a push. `uri` names the image by its digest, which is what gets deployed."""

    uri: str
    repository: str
    tag: str
    digest: str
    media_type: str
    pushed: bool
    repository_created: bool
    remarks: tuple[str, ...]


class Push:
    """One image's way into a registry."""

    def __init__(self, docker: Docker, registry: Registry, check: ServeCheck, say: Callable[[str], None]) -> None:
        self._docker = docker
        self._registry = registry
        self._check = check
        self._say = say

    def run(self, image: str) -> Pushed:
        """Bring `NAME:TAG` into the registry. Raises DeployError, before anything is pushed where it can."""
        local = self._looked_at(image)
        name, _, tag = image.partition(":")
        home = self._registry.prepare(name)
        if home.created:
            self._say(f"  ✓ created the repository {home.uri}: tags are immutable, images scanned")
        for remark in home.remarks:
            self._say(f"  ! {remark}")
        self._registry.log_in(home, self._docker)
        there = self._docker.stored(f"{home.uri}:{tag}", home.on_loopback)
        if there is not None and not there.holds(local):
            raise _taken(home, tag, name)
        stored = there or self._pushed(local, home, tag)
        check_manifest(image, stored.media_type)
        if there is None:
            self._say(f"  ✓ the registry has it as {stored.digest}")
        else:
            self._say(f"  ✓ {home.uri}:{tag} is this image already; nothing to push")
        uri = f"{home.uri}@{stored.digest}"
        created = home.created
        return Pushed(uri, home.uri, tag, stored.digest, stored.media_type, there is None, created, home.remarks)

    def _looked_at(self, image: str) -> LocalImage:
        local = self._docker.image(image)
        if local is None:
            raise Missing(f"There is no image {image} here.", f"Build it: coppice build {image.replace(':', ' ')}")
        for line in check_form(local):
            self._say(f"  ✓ {line}")
        self._say(f"  ✓ {self._check.run(image)}")
        return local

    def _pushed(self, local: LocalImage, home: Home, tag: str) -> RegistryImage:
        full = f"{home.uri}:{tag}"
        tagged = self._docker.ask("tag", local.id, full)
        if tagged.code:
            raise DeployError(f"docker can't call {local.name} {full}: {tagged.text}")
        self._docker.show("push", full)
        stored = self._docker.stored(full, home.on_loopback)
        if stored is None:
            raise DeployError(f"docker pushed {full}, but the registry doesn't have it.", "Push once more.")
        if stored.digest and not stored.holds(local):
            raise _taken(home, tag, local.name.partition(":")[0])
        return stored


def _taken(home: Home, tag: str, name: str) -> UsageError:
    return UsageError(
        f"{home.uri}:{tag} is another image already, and a tag is written once.",
        f"Choose another tag: coppice build {name} TAG && coppice push {name} TAG\n"
        "Without a TAG it is the version and the commit, so committing your changes gives a new one, too.",
    )
