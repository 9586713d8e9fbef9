"""ECR is moto's, except that its images lie in a real registry on loopback, or stand for this checkout.

What Docker pushed is told to moto before it answers about images, and what moto then did is done to the registry. One
registry serves all regions, so two of them that have a repository of one name share its images.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from local_test.emulator.errors import ServiceError
from local_test.emulator.protocol import refusal
from local_test.emulator.registry import checkout
from local_test.emulator.registry.images import Images, Pushed, digest_of

REPOSITORY_NAME: Final = re.compile(r"(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*")
"""botocore's; a name becomes a path in the registry's folder."""
LOGIN_SECONDS: Final = 12 * 3600
_HOST: Final = re.compile(rb"(?:https://)?\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_WITH_ADDRESS: Final = {"CreateRepository", "DescribeRepositories", "GetAuthorizationToken"}
"""The operations in whose answers the registry's address stands."""
_OF_IMAGES: Final = {
    *("DescribeImages", "ListImages", "BatchGetImage", "BatchDeleteImage", "PutImage", "DeleteRepository"),
    *("StartImageScan", "DescribeImageScanFindings"),
}


class _Shown(NamedTuple):
    """An image as moto has it."""

    digest: str
    tags: frozenset[str]


class Ecr:
    """Answers as moto does, with the registry's address and with the images that were pushed there.

    Without `images`, every region has one image, coppice:latest, that stands for this checkout.
    """

    def __init__(self, moto: Callable[[Request], Response], images: Images | None) -> None:
        self._moto = moto
        self._images = images
        self._lock = threading.RLock()
        self._with_checkout: set[str] = set()

    def __call__(self, request: Request, region: str) -> Response:
        """Answer a request."""
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        members = _members(request.get_data())
        with self._lock:
            if self._images is None:
                self._put_checkout(request, region)
                return self._moto(request)
            if operation in _OF_IMAGES and _has_repository(members):
                return _AnswerAboutImages(self._moto, self._images, request, members).give(operation)
            answer = self._moto(request)
        if operation in _WITH_ADDRESS:
            answer.set_data(_with_address(answer.get_data(), self._images.host))
        return answer

    def reset(self) -> None:
        """Forget what was pushed."""
        with self._lock:
            self._with_checkout.clear()
            if self._images is not None:
                self._images.clear()

    def _put_checkout(self, request: Request, region: str) -> None:
        if region in self._with_checkout:
            return
        self._with_checkout.add(region)
        name = {"repositoryName": checkout.REPOSITORY}
        put = {"imageManifest": checkout.MANIFEST, "imageDigest": checkout.DIGEST, "imageTag": checkout.TAG}
        self._moto(_ask(request, "CreateRepository", name))  # it may be there from an earlier start
        self._moto(_ask(request, "PutImage", name | put))


class _AnswerAboutImages:
    """One request about the images of a repository."""

    def __init__(
        self, moto: Callable[[Request], Response], images: Images, request: Request, members: dict[str, Any]
    ) -> None:
        self._moto = moto
        self._images = images
        self._request = request
        self._members = members
        self._repository = str(members["repositoryName"])
        self._name = {"repositoryName": self._repository}

    def give(self, operation: str) -> Response:
        """Answer it."""
        if self._shown() is None:
            return self._moto(self._request)  # which says that there is no such repository
        self._tell_moto()
        if operation == "PutImage":
            return self._put()
        answer = self._moto(self._request)
        if answer.status_code < 400 and operation in ("BatchDeleteImage", "DeleteRepository"):
            self._tell_registry()
        elif answer.status_code < 400 and operation == "DescribeImages":
            self._correct(answer)
        return answer

    def _shown(self) -> list[_Shown] | None:
        answer = self._moto(_ask(self._request, "DescribeImages", self._name))
        if answer.status_code >= 400:
            return None
        details = json.loads(answer.get_data())["imageDetails"]
        return [_Shown(image["imageDigest"], frozenset(image.get("imageTags", ()))) for image in details]

    def _tell_moto(self) -> None:
        pushed = {image.digest: image for image in self._images.of(self._repository)}
        shown = {image.digest: image.tags for image in self._shown() or ()}
        gone = [digest for digest, tags in shown.items() if digest not in pushed or pushed[digest].tags != tags]
        if gone:
            ids = [{"imageDigest": digest} for digest in gone]
            self._moto(_ask(self._request, "BatchDeleteImage", self._name | {"imageIds": ids}))
        for image in pushed.values():
            if shown.get(image.digest) != image.tags:
                self._tell_of(image)

    def _tell_of(self, image: Pushed) -> None:
        told = self._name | {"imageManifest": image.manifest, "imageDigest": image.digest}
        told["imageManifestMediaType"] = image.media_type
        tags: list[dict[str, str]] = [{"imageTag": tag} for tag in sorted(image.tags)] or [{}]
        for tag in tags:
            self._moto(_ask(self._request, "PutImage", told | tag))

    def _tell_registry(self) -> None:
        shown = {image.digest: image.tags for image in self._shown() or ()}
        for image in self._images.of(self._repository):
            if image.digest not in shown:
                self._images.delete(self._repository, image)
                continue
            for tag in image.tags - shown[image.digest]:
                self._images.untag(self._repository, tag)

    def _put(self) -> Response:
        manifest = str(self._members.get("imageManifest", ""))
        digest = digest_of(manifest)
        answer = self._moto(_ask(self._request, "PutImage", self._members | {"imageDigest": digest}))
        if answer.status_code >= 400:
            return answer
        kind = self._members.get("imageManifestMediaType") or json.loads(manifest).get("mediaType", "")
        if self._images.put(self._repository, self._members.get("imageTag") or digest, manifest, kind):
            return answer
        self._tell_moto()  # as it was before
        missing = f"The repository '{self._repository}' lacks layers that the image '{digest}' names."
        return refusal(ServiceError("LayersNotFoundException", missing))

    def _correct(self, answer: Response) -> None:
        pushed = {image.digest: image for image in self._images.of(self._repository)}
        told = json.loads(answer.get_data())
        for image in told["imageDetails"]:
            if image["imageDigest"] in pushed:
                found = pushed[image["imageDigest"]]
                image["imageSizeInBytes"], image["imagePushedAt"] = found.bytes, found.pushed_at
                if image.get("imageTags"):
                    image["imageTags"] = sorted(image["imageTags"])
        answer.set_data(json.dumps(told))


def _with_address(answer: bytes, host: str) -> bytes:
    told = json.loads(answer)
    for login in told.get("authorizationData", []):
        login["expiresAt"] = time.time() + LOGIN_SECONDS  # moto's is of 2015, and credential helpers look
    here, answer = host.encode(), json.dumps(told).encode()
    return _HOST.sub(lambda found: b"http://" + here if found[0].startswith(b"https") else here, answer)


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body or b"{}")
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _has_repository(members: dict[str, Any]) -> bool:
    return bool(REPOSITORY_NAME.fullmatch(str(members.get("repositoryName", ""))))


def _ask(like: Request, operation: str, members: dict[str, Any]) -> Request:
    """A request of the same caller, in the same region, for another operation."""
    headers: Iterable[tuple[str, str]] = [
        (name, like.headers[name]) for name in ("Authorization", "Content-Type", "Host") if name in like.headers
    ]
    body = json.dumps(members).encode()
    prefix = like.headers.get("X-Amz-Target", "").rpartition(".")[0]
    builder = EnvironBuilder(
        "/", method="POST", headers=[*headers, ("X-Amz-Target", f"{prefix}.{operation}")], data=body
    )
    try:
        return Request(builder.get_environ())
    finally:
        builder.close()
