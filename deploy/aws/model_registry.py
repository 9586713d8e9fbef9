"""SageMaker's model registry: groups of model packages, their versions, and who approved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from deploy.aws.errors import found
from deploy.aws.session import Session
from deploy.aws.tags import as_list

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import ModelPackageContainerDefinitionOutputTypeDef

Approval = Literal["Approved", "Rejected", "PendingManualApproval"]

APPROVED: Final = "Approved"
REJECTED: Final = "Rejected"
PENDING: Final = "PendingManualApproval"
COMPLETED: Final = "Completed"
"""The status of a package that is whole; the others are on their way, or failed."""


class Version(NamedTuple):
    """One version of a group, as a list of them says it."""

    number: int
    arn: str
    approval: str
    status: str


class Container(NamedTuple):
    """What a package runs. `model_data_url` is empty where the model comes another way than as a model.tar.gz."""

    image: str
    model_data_url: str
    environment: Mapping[str, str]


class Package(NamedTuple):
    """One version in full."""

    arn: str
    version: int
    approval: str
    note: str
    containers: tuple[Container, ...]
    metadata: Mapping[str, str]


class ModelRegistry:
    """The groups and packages that one session sees. A group is named, or given by its ARN where it is shared."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def group_exists(self, group: str) -> bool:
        """Whether the group is there."""
        return (
            found(lambda: self._session.sagemaker.describe_model_package_group(ModelPackageGroupName=group)) is not None
        )

    def create_group(self, group: str, description: str, tags: Mapping[str, str]) -> None:
        """A new, empty group."""
        self._session.sagemaker.create_model_package_group(
            ModelPackageGroupName=group,
            ModelPackageGroupDescription=description,
            Tags=as_list(tags),
        )

    def versions(self, group: str) -> list[Version]:
        """The group's versions, the newest first; none where the group isn't there."""
        return found(lambda: sorted(self._versions(group), reverse=True)) or []

    def _versions(self, group: str) -> Iterator[Version]:
        pages = self._session.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, PaginationConfig={"PageSize": 100}
        )
        for page in pages:
            for summary in page["ModelPackageSummaryList"]:
                yield Version(
                    summary["ModelPackageVersion"],
                    summary["ModelPackageArn"],
                    summary.get("ModelApprovalStatus", PENDING),
                    summary["ModelPackageStatus"],
                )

    def describe(self, arn: str) -> Package:
        """A version in full."""
        told = self._session.sagemaker.describe_model_package(ModelPackageName=arn)
        containers = told.get("InferenceSpecification", {}).get("Containers", [])
        return Package(
            told["ModelPackageArn"],
            told["ModelPackageVersion"],
            told.get("ModelApprovalStatus", PENDING),
            told.get("ApprovalDescription", ""),
            tuple(_container(container) for container in containers),
            told.get("CustomerMetadataProperties", {}),
        )

    def create(self, request: Mapping[str, Any]) -> str:
        """Register a version, as CreateModelPackage takes it; its ARN."""
        return self._session.sagemaker.create_model_package(**request)["ModelPackageArn"]

    def set_approval(self, package: Package, approval: Approval, note: str) -> None:
        """Approve or reject a version; an earlier decision's note goes with it.

        The metadata is sent along, because moto's server forgets what isn't sent again.
        """
        extra: dict[str, Any] = {"CustomerMetadataProperties": package.metadata} if package.metadata else {}
        self._session.sagemaker.update_model_package(
            ModelPackageArn=package.arn, ModelApprovalStatus=approval, ApprovalDescription=note, **extra
        )


def _container(definition: ModelPackageContainerDefinitionOutputTypeDef) -> Container:
    image, digest = definition.get("Image", ""), definition.get("ImageDigest", "")
    if digest and "@" not in image:  # SageMaker notes which image the tag meant; the tag may have moved since
        repository, _, _tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "")
        image = f"{repository}@{digest}"
    return Container(image, definition.get("ModelDataUrl", ""), definition.get("Environment", {}))
