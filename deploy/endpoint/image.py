"""The image on its way: from what people call it to the digest that is deployed, with what SageMaker asks of it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from deploy.aws.ecr import ECR
from deploy.aws.session import Session
from deploy.endpoint import limits
from deploy.endpoint.names import DEFAULT_REPOSITORY
from deploy.errors import LimitError, Missing, NotSupported, UsageError

DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
"""The only kind of manifest that SageMaker's CreateModel takes; it rejects OCI's manifests and every index."""
_ECR_HOST: Final = re.compile(r"(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_LOOPBACK: Final = re.compile(r"(localhost|127(?:\.\d+){3}|\[::1\])(:\d+)?")
_REFERENCE: Final = re.compile(r"(?:(?P<host>[^/]*[.:][^/]*|localhost)/)?(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
                               r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[\w:]+))?", re.ASCII)  # fmt: skip
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


class Image(NamedTuple):
    """An image by its digest; `tag` is how it was asked for. `warning` is what couldn't be checked."""

    uri: str
    digest: str
    tag: str | None = None
    warning: str = ""


class _Reference(NamedTuple):
    host: str | None
    repository: str
    tag: str | None
    digest: str | None


def resolve(text: str, session: Session, ecr: ECR, serverless: bool) -> Image:
    """The image that `text` names: REGISTRY/REPOSITORY@sha256:…, REGISTRY/REPOSITORY:TAG, REPOSITORY:TAG or TAG.

    Raises Missing where ECR has no such tag, NotSupported for registries and manifests that SageMaker refuses.
    """
    reference = _parse(text)
    host = reference.host
    if host and _LOOPBACK.fullmatch(host):
        return _local(text, reference, session)
    registry = _check_host(host, session, serverless) if host else session.account
    found = ecr.image(reference.repository, tag=reference.tag, digest=reference.digest, registry=registry)
    address = f"{host or ecr.host}/{reference.repository}@"
    if found is None:
        if reference.digest is None:
            raise Missing(
                f"ECR has no image {reference.repository}:{reference.tag} in {session.region}.",
                f"Push it: coppice push {reference.repository} {reference.tag}",
            )
        unseen = "ECR doesn't show this image, so SageMaker will be the first to check it"
        return _fitting(Image(address + reference.digest, reference.digest, reference.tag, unseen))
    if found.media_type and found.media_type != DOCKER_MANIFEST:
        raise NotSupported(
            f"SageMaker takes images with a Docker v2 manifest; this one's is {found.media_type}.",
            "Build it again with coppice build, or docker build --provenance=false, and push it.",
        )
    if serverless and found.bytes > limits.IMAGE_BYTES:
        raise LimitError(
            f"A serverless endpoint's image has up to {limits.IMAGE_BYTES:,} bytes; this one has {found.bytes:,}."
        )
    return _fitting(Image(address + found.digest, found.digest, reference.tag))


def _local(text: str, reference: _Reference, session: Session) -> Image:
    """An image in a registry on this machine, which only a SageMaker on this machine can pull."""
    if not _LOOPBACK.fullmatch(session.address):
        raise NotSupported(
            f"{text} is in a registry on this machine, where SageMaker can't pull it.",
            "Push it to ECR: coppice push, without COPPICE_REGISTRY.",
        )
    if reference.digest is None:
        raise UsageError(f"{text}: an image in a local registry is deployed by its digest.", "coppice push prints it.")
    return Image(text, reference.digest)


def _fitting(image: Image) -> Image:
    limits.check_image(image.uri)  # a digest is longer than the tag that was asked for
    return image


def _parse(text: str) -> _Reference:
    if _TAG.fullmatch(text):
        return _Reference(None, DEFAULT_REPOSITORY, text, None)
    found = _REFERENCE.fullmatch(text)
    if (
        not found
        or not (found["tag"] or found["digest"])
        or (found["digest"] and not _DIGEST.fullmatch(found["digest"]))
    ):
        raise UsageError(
            f"image takes REGISTRY/REPOSITORY@sha256:…, REPOSITORY:TAG or TAG; this is {text!r}.",
            "coppice push prints the address to deploy.",
        )
    return _Reference(found["host"], found["repository"], found["tag"], found["digest"])


def _check_host(host: str, session: Session, serverless: bool) -> str:
    """The account of a registry in ECR; raises NotSupported for what SageMaker can't pull from."""
    found = _ECR_HOST.fullmatch(host)
    if not found:
        raise NotSupported(
            f"SageMaker pulls from Amazon ECR; {host} is another registry.",
            "Push the image to ECR: coppice push (or docker pull, docker tag, and docker push).",
        )
    account, region = found[1], found[2]
    if serverless and account != session.account:
        raise NotSupported(
            f"A serverless endpoint's image is in its own account, {session.account}; this one is in {account}.",
            "Copy it: docker pull, docker tag, coppice push; or take --instance-type, which may use others' images.",
        )
    if region != session.region:
        raise NotSupported(
            f"The image is in {region}, the endpoint would be in {session.region}.",
            f"Push it to {session.region} as well, or add --region {region}.",
        )
    return account
