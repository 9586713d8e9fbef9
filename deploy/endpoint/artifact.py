"""The model archive on its way: from a file here or in S3 to an address that SageMaker downloads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from container.artifact.manifest import Manifest
from container.artifact.store import open_model
from deploy.aws.s3 import S3, S3Uri
from deploy.endpoint import limits
from deploy.endpoint.names import artifact_prefix
from deploy.errors import Missing, UsageError


@dataclass(frozen=True)
class Archive:
    """A model.tar.gz. `identity` changes with its content: its sha256, or `etag-…` of one that lay in S3 already.

    `file` is what has to be uploaded, and None where it's there. `manifest` is None for a bare model.
    """

    uri: S3Uri
    identity: str
    manifest: Manifest | None = None
    file: Path | None = None

    @property
    def unpacked_bytes(self) -> int:
        """The size of its files, as far as the manifest knows them."""
        return sum(entry.bytes for entry in self.manifest.files.values()) if self.manifest else 0


def locate(place: Path | S3Uri, endpoint: str, bucket: str | None, s3: S3, serverless: bool = False) -> Archive:
    """Find the archive and check it, what is here before the first call; reads only. No bucket is the default one.

    Raises Missing, UsageError, ArtifactError, and LimitError for what doesn't fit a serverless endpoint's disk.
    """
    if isinstance(place, S3Uri):
        archive = _in_s3(place, s3)
        if serverless:
            limits.check_unpacked(archive.unpacked_bytes)
        return archive
    here = look(place)
    if serverless:
        limits.check_unpacked(here.unpacked_bytes)
    uri = S3Uri(bucket or s3.default_bucket, f"{artifact_prefix(endpoint)}{here.identity}/model.tar.gz")
    return replace(here, uri=uri, file=None if s3.head(uri) else place)


def look(place: Path) -> Archive:
    """A checked archive that is here, and isn't to be in S3 yet. Raises Missing, UsageError and ArtifactError."""
    if not place.exists():
        raise Missing(f"There is no {place}.", f"Write one: coppice pack MODEL -o {place}")
    if place.is_dir() or not _is_gzip(place):
        raise UsageError(
            f"{place} is not a tar.gz archive, which is what SageMaker downloads.",
            f"Pack it first: coppice pack {place} -o model.tar.gz",
        )
    with open_model(place) as artifact:
        for name in artifact.manifest.files if artifact.manifest else ():
            artifact.verify(name)
        manifest = artifact.manifest
    with place.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return Archive(S3Uri("", ""), sha256, manifest, place)


def _is_gzip(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(2) == b"\x1f\x8b"


def _in_s3(uri: S3Uri, s3: S3) -> Archive:
    head = s3.head(uri)
    if head is None:
        raise Missing(f"There is nothing at {uri}.", "Put it there: aws s3 cp model.tar.gz " + str(uri))
    return Archive(uri, f"etag-{head.etag}", s3.manifest(uri))
