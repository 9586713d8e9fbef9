"""Building an image that SageMaker takes: linux/amd64, one manifest of Docker's kind, no attestation beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.errors import Missing
from deploy.image.checks import PLATFORM, check_form
from deploy.image.docker import Docker, LocalImage

_BUILDKIT: Final = ("--provenance=false", "--output", "type=docker,oci-mediatypes=false")


@dataclass(frozen=True)
class Build:
    """What to build: `context` holds the Dockerfile, `flags` are handed to docker as they are."""

    image: str
    context: Path
    target: str
    arguments: Mapping[str, str]
    flags: tuple[str, ...] = ()

    def command(self, buildkit: bool) -> list[str]:
        """docker's arguments. The old builder makes Docker's manifests and no attestation without being told."""
        arguments = [part for name, value in self.arguments.items() for part in ("--build-arg", f"{name}={value}")]
        return [
            *(("buildx", "build", *_BUILDKIT) if buildkit else ("build",)),
            *("--platform", PLATFORM, "--target", self.target, "--tag", self.image),
            *arguments,
            *self.flags,
            str(self.context),
        ]


def run(build: Build, docker: Docker, say: Callable[[str], None]) -> LocalImage:
    """Build, with docker's own text on stderr, and look at what came of it. Raises DeployError."""
    if not (build.context / "Dockerfile").is_file():
        raise Missing(
            f"There is no Dockerfile in {build.context}.",
            "The image is built from Coppice's checkout: coppice build --context DIR",
        )
    docker.show(*build.command(_knows_provenance(docker)))
    image = docker.image(build.image)
    if image is None:
        raise Missing(f"docker built {build.image}, but its engine doesn't have it.", "Look: docker images")
    for line in check_form(image):
        say(f"  ✓ {line}")
    return image


def _knows_provenance(docker: Docker) -> bool:
    """Whether this docker has BuildKit's client, and one that knows of attestations (buildx 0.10 and newer)."""
    answer = docker.ask("buildx", "build", "--help")
    return answer.code == 0 and "--provenance" in answer.out
