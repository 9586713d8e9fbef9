"""ECR: repositories and the images in them."""

from __future__ import annotations

from typing import NamedTuple

from botocore.exceptions import ClientError

from deploy.aws.errors import code_of, says_not_found
from deploy.aws.session import Session


class StoredImage(NamedTuple):
    """An image as ECR has it; `bytes` is its compressed size."""

    digest: str
    media_type: str
    bytes: int
    tags: tuple[str, ...]


class ECR:
    """The registry of one session's account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def host(self) -> str:
        """The registry's host name."""
        end = "amazonaws.com.cn" if self._session.partition == "aws-cn" else "amazonaws.com"
        return f"{self._session.account}.dkr.ecr.{self._session.region}.{end}"

    def image(
        self, repository: str, tag: str | None = None, digest: str | None = None, registry: str | None = None
    ) -> StoredImage | None:
        """One image; None where it isn't there or (by digest, in another's registry) isn't shown."""
        wanted = {"imageDigest": digest} if digest else {"imageTag": tag}
        try:
            found = self._session.ecr.describe_images(
                registryId=registry or self._session.account,
                repositoryName=repository,
                imageIds=[wanted],  # type: ignore[list-item]
            )["imageDetails"]
        except ClientError as error:
            if says_not_found(error) or (digest and code_of(error) == "AccessDeniedException"):
                return None
            raise
        if not found:
            return None
        image = found[0]
        return StoredImage(
            image["imageDigest"],
            image.get("imageManifestMediaType", ""),
            image.get("imageSizeInBytes", 0),
            tuple(image.get("imageTags", ())),
        )

    def delete_image(self, uri: str) -> None:
        """Delete an image by its address, REGISTRY/REPOSITORY@DIGEST; it may be gone already."""
        repository, _, digest = uri.partition("/")[2].partition("@")
        try:
            self._session.ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])
        except ClientError as error:
            if not says_not_found(error):
                raise
