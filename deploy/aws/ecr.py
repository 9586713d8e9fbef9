"""ECR: repositories, the images in them, and logging in. Docker itself moves the images."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from deploy.aws.errors import code_of, found, is_denied, says_not_found
from deploy.aws.session import Session
from deploy.aws.tags import as_list, as_mapping

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef, RepositoryTypeDef


class StoredImage(NamedTuple):
    """An image as ECR has it; `bytes` is its compressed size."""

    digest: str
    media_type: str
    bytes: int
    tags: tuple[str, ...]


class Repository(NamedTuple):
    """A repository. `uri` is where docker pushes to, as ECR says it: host and name."""

    name: str
    uri: str
    arn: str
    immutable: bool
    scans: bool


class Login(NamedTuple):
    """What `docker login` takes. The password is good for twelve hours."""

    user: str
    password: str


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
            details = self._session.ecr.describe_images(
                registryId=registry or self._session.account,
                repositoryName=repository,
                imageIds=[wanted],  # type: ignore[list-item]
            )["imageDetails"]
        except ClientError as error:
            if says_not_found(error) or (digest and is_denied(error)):
                return None
            raise
        if not details:
            return None
        image = details[0]
        return StoredImage(
            image["imageDigest"],
            image.get("imageManifestMediaType", ""),
            image.get("imageSizeInBytes", 0),
            tuple(image.get("imageTags", ())),
        )

    def delete_image(self, uri: str) -> None:
        """Delete an image by its address, REGISTRY/REPOSITORY@DIGEST; it may be gone already."""
        repository, _, digest = uri.partition("/")[2].partition("@")
        ids: list[ImageIdentifierTypeDef] = [{"imageDigest": digest}]
        found(lambda: self._session.ecr.batch_delete_image(repositoryName=repository, imageIds=ids))

    def repository(self, name: str) -> Repository | None:
        """The repository of that name, or None."""
        answer = found(lambda: self._session.ecr.describe_repositories(repositoryNames=[name]))
        return _repository(answer["repositories"][0]) if answer else None

    def create_repository(self, name: str, tags: Mapping[str, str]) -> Repository:
        """A repository whose tags stay where they are put, and whose images are scanned when pushed."""
        made = self._session.ecr.create_repository(
            repositoryName=name,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
            tags=as_list(tags),
        )
        return _repository(made["repository"])

    def repository_tags(self, repository: Repository) -> dict[str, str]:
        """The tags of the repository itself."""
        return as_mapping(self._session.ecr.list_tags_for_resource(resourceArn=repository.arn)["tags"])

    def has_lifecycle(self, name: str) -> bool:
        """Whether any rule removes images from the repository."""
        try:
            self._session.ecr.get_lifecycle_policy(repositoryName=name)
        except ClientError as error:
            if code_of(error) == "LifecyclePolicyNotFoundException":
                return False
            raise
        return True

    def expire_untagged(self, name: str, days: int) -> None:
        """Let ECR remove images that have had no tag for so many days. What was pushed under a tag keeps it."""
        rule = {
            "rulePriority": 1,
            "description": f"Images without a tag go after {days} days",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": days,
            },
            "action": {"type": "expire"},
        }
        self._session.ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [rule]}))

    def login(self) -> Login:
        """A user and a password for docker, as `aws ecr get-login-password` gets them."""
        token = self._session.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        return Login(user, password)


def _repository(told: RepositoryTypeDef) -> Repository:
    return Repository(
        told["repositoryName"],
        told["repositoryUri"],
        told["repositoryArn"],
        told.get("imageTagMutability", "MUTABLE").startswith("IMMUTABLE"),
        told.get("imageScanningConfiguration", {}).get("scanOnPush", False),
    )
