"""What was pushed: the registry's own files, in the layout that every registry:2 has.

Its HTTP interface names no images without a tag, no dates, and can't remove one tag of several.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

from local_test.emulator.limits import ACCOUNT

_IN_ECR: Final = re.compile(rf"{ACCOUNT}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/")


class Pushed(NamedTuple):
    """An image in the registry. `pushed_at` is seconds since 1970."""

    digest: str
    tags: frozenset[str]
    manifest: str
    pushed_at: float

    @property
    def bytes(self) -> int:
        """What its layers take as they were pushed, compressed: ECR's imageSizeInBytes."""
        return sum(layer.get("size", 0) for layer in self.document.get("layers", []))

    @property
    def document(self) -> dict[str, Any]:
        """The manifest, parsed."""
        found: dict[str, Any] = json.loads(self.manifest)
        return found

    @property
    def media_type(self) -> str:
        """What kind of manifest it is. OCI's may leave it out."""
        default = "index" if "manifests" in self.document else "manifest"
        return str(self.document.get("mediaType", f"application/vnd.oci.image.{default}.v1+json"))


class Images:
    """The images of the registry at `host`, whose data lies in `folder`."""

    def __init__(self, host: str, folder: Path) -> None:
        self.host = host
        self._root = folder / "docker/registry/v2"

    def place_of(self, image: str) -> str:
        """Where Docker finds an image: one that is named as AWS's ECR names the account's is in this registry."""
        found = _IN_ECR.match(image)
        return f"{self.host}/{image[found.end() :]}" if found else image

    def of(self, repository: str) -> list[Pushed]:
        """All images of a repository, with tags and without, the oldest first."""
        manifests = self._manifests(repository)
        tags: dict[str, set[str]] = {}
        for link in manifests.glob("tags/*/current/link"):
            tags.setdefault(_text(link), set()).add(link.parent.parent.name)
        found = []
        for link in manifests.glob("revisions/sha256/*/link"):
            digest = f"sha256:{link.parent.name}"
            manifest = self._blob(digest)
            if manifest is not None:
                found.append(Pushed(digest, frozenset(tags.get(digest, ())), manifest, link.stat().st_mtime))
        return sorted(found, key=lambda image: (image.pushed_at, image.digest))

    def put(self, repository: str, reference: str, manifest: str, media_type: str) -> bool:
        """Name layers that are there already as an image; False where they aren't."""
        caller = http.client.HTTPConnection(self.host, timeout=60)
        try:
            path = f"/v2/{repository}/manifests/{reference}"
            caller.request("PUT", path, manifest.encode(), {"Content-Type": media_type})
            return caller.getresponse().status == 201
        finally:
            caller.close()

    def untag(self, repository: str, tag: str) -> None:
        """Remove a tag; the image stays."""
        shutil.rmtree(self._manifests(repository) / "tags" / tag, ignore_errors=True)

    def delete(self, repository: str, image: Pushed) -> None:
        """Remove an image with its tags. Its layers stay on the disk, as in every registry."""
        for tag in image.tags:
            self.untag(repository, tag)
        hexadecimal = image.digest.partition(":")[2]
        shutil.rmtree(self._manifests(repository) / "revisions/sha256" / hexadecimal, ignore_errors=True)

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _manifests(self, repository: str) -> Path:
        return self._root / "repositories" / repository / "_manifests"

    def _blob(self, digest: str) -> str | None:
        hexadecimal = digest.partition(":")[2]
        try:
            return (self._root / "blobs/sha256" / hexadecimal[:2] / hexadecimal / "data").read_text()
        except OSError:
            return None


def digest_of(manifest: str) -> str:
    """The digest by which a registry knows a manifest."""
    return f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""  # removed in this moment
