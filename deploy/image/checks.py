"""What SageMaker asks of an image, looked at before a byte is pushed: platform, size, manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from deploy.endpoint import limits
from deploy.endpoint.image import DOCKER_MANIFEST
from deploy.errors import LimitError, NotSupported
from deploy.image.docker import LocalImage

PLATFORM: Final = "linux/amd64"


def check_form(image: LocalImage) -> Iterator[str]:
    """A line for each thing that is as it should be; raises NotSupported or LimitError at the first that isn't."""
    if image.platform != PLATFORM:
        raise NotSupported(
            f"{image.name} is built for {image.platform}; serverless endpoints run {PLATFORM}.", rebuild(image.name)
        )
    yield PLATFORM
    if image.bytes >= limits.IMAGE_BYTES:
        raise LimitError(
            f"{image.name} has {image.bytes / 1e9:.2f} GB; the image of a serverless endpoint is under 10 GB.",
            f"See which layers are big: docker history {image.name}",
        )
    yield f"{image.bytes / 1e6:,.0f} MB, which is under 10 GB"
    check_manifest(image.name, image.media_type)
    yield "one manifest of Docker's kind"


def check_manifest(name: str, media_type: str) -> None:
    """Raises NotSupported for a manifest that CreateModel rejects."""
    if media_type != DOCKER_MANIFEST:
        raise NotSupported(f"{name} comes as {media_type}; SageMaker takes only {DOCKER_MANIFEST}.", rebuild(name))


def rebuild(name: str) -> str:
    """The commands that make an image as it should be."""
    return (
        f"Build it again: coppice build {name.replace(':', ' ')}\n"
        f"Your own Dockerfile: docker buildx build --platform {PLATFORM} --provenance=false "
        f"--output type=docker,oci-mediatypes=false --tag {name} ."
    )
