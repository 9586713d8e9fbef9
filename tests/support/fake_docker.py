"""A docker engine and a registry that remember what was asked of them."""

from __future__ import annotations

from collections.abc import Callable

from deploy.endpoint.image import DOCKER_MANIFEST
from deploy.image.docker import Answer, LocalImage, RegistryImage
from deploy.image.registry import Home

FINE = LocalImage("coppice:1", "sha256:config", "linux/amd64", 413_000_000, DOCKER_MANIFEST)
ARRIVED = RegistryImage(DOCKER_MANIFEST, "sha256:digest", "sha256:config")


class FakeDocker:
    """`images` are here; `arrives` is what a registry has after a push, `there` what it had before."""

    def __init__(self, *images: LocalImage, there: RegistryImage | None = None, arrives=ARRIVED) -> None:
        self.images = {image.name: image for image in images}
        self.there, self.arrives = there, arrives
        self.done: list[tuple[str, ...]] = []
        self.answer: Callable[..., Answer] = lambda *arguments: Answer(0, "", "")

    def ask(self, *arguments: str, stdin: str | None = None) -> Answer:
        self.done.append(arguments)
        return self.answer(*arguments)

    def show(self, *arguments: str) -> None:
        self.done.append(arguments)
        if arguments[0] == "push":
            self.there = self.arrives

    def image(self, name: str) -> LocalImage | None:
        return self.images.get(name)

    def stored(self, name: str, insecure: bool = False) -> RegistryImage | None:
        self.done.append(("stored", name, str(insecure)))
        return self.there

    def log_in(self, registry: str, user: str, password: str) -> None:
        self.done.append(("login", registry, user))


class FakeRegistry:
    """A registry with room for everything."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.prepared: list[str] = []

    def prepare(self, name: str) -> Home:
        self.prepared.append(name)
        return self.home

    def log_in(self, home: Home, docker: FakeDocker) -> None:
        docker.log_in(home.host, "AWS", "secret")


class FakeCheck:
    """An image that serves."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, image: str) -> str:
        self.ran.append(image)
        return "knows `serve`"
