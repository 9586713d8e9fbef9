"""The model registry: model package groups, and the packages in them by version."""

from __future__ import annotations

from typing import Any, Final

from local_test.emulator.arns import arn
from local_test.emulator.control.listing import Listing
from local_test.emulator.control.resources import Resources, missing, named, now
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ServiceError, ValidationError
from local_test.emulator.store import Document, Key, Kind

GROUPS: Final = Listing("ModelPackageGroupSummaryList", "ModelPackageGroupName", order="Ascending")
PACKAGES: Final = Listing("ModelPackageSummaryList", "ModelPackageArn", order="Ascending", searched="ModelPackageName")
LATEST: Final = "LatestVersion"
"""A group's last version, which only the store's document has: a deleted version's number isn't given again."""


class Groups:
    """Model package groups."""

    def __init__(self, resources: Resources, model: Model) -> None:
        self._resources = resources
        self._model = model

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateModelPackageGroup."""
        key = Key(Kind.MODEL_PACKAGE_GROUP, region, members["ModelPackageGroupName"])
        document = {
            **self._model.answer("DescribeModelPackageGroup", members),
            "ModelPackageGroupArn": arn(key),
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": now(),
            "CreatedBy": {},
            LATEST: 0,
        }
        return {"ModelPackageGroupArn": self._resources.create(key, document, members.get("Tags"))}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeModelPackageGroup."""
        return self._resources.get(_group(region, members))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListModelPackageGroups."""
        documents = [document for _, document in self._resources.store.all(Kind.MODEL_PACKAGE_GROUP, region)]
        return GROUPS.page(documents, members, lambda one: self._model.structure("ModelPackageGroupSummary", one))

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteModelPackageGroup; an empty one only."""
        key = _group(region, members)
        packages = self._resources.store.all(Kind.MODEL_PACKAGE, region)
        if any(package.get("ModelPackageGroupName") == key.name for _, package in packages):
            raise ServiceError(
                "ConflictException",
                f"Model Package Group {arn(key)} cannot be deleted as it still contains Model Packages.",
            )
        self._resources.delete(key)
        return {}


class Packages:
    """Model packages, versioned and not."""

    def __init__(self, resources: Resources, model: Model) -> None:
        self._resources = resources
        self._model = model

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateModelPackage. It is Completed at once: nothing is validated or scanned."""
        name, group = members.get("ModelPackageName"), members.get("ModelPackageGroupName")
        if name and group:
            raise ValidationError(
                "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one "
                "to use."
            )
        if not name and not group:
            raise ValidationError("Missing ARN.")
        document = self._model.answer("DescribeModelPackage", members)
        key = Key(Kind.MODEL_PACKAGE, region, name) if name else self._next(_group(region, members), document)
        document |= {
            "ModelPackageName": key.name.partition("/")[0],
            "ModelPackageArn": arn(key),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": now(),
            "CreatedBy": {},
        }
        return {"ModelPackageArn": self._resources.create(key, document, members.get("Tags"))}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeModelPackage."""
        return self._resources.get(named(Kind.MODEL_PACKAGE, region, members["ModelPackageName"]))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListModelPackages: of a group, or those without one unless both are asked for."""
        group = _group(region, members).name if "ModelPackageGroupName" in members else None
        kinds = members.get("ModelPackageType", "Versioned" if group else "Unversioned")
        approval = members.get("ModelApprovalStatus")
        documents = [
            document
            for _, document in self._resources.store.all(Kind.MODEL_PACKAGE, region)
            if group in (None, document.get("ModelPackageGroupName"))
            and kinds in ("Both", "Versioned" if "ModelPackageGroupName" in document else "Unversioned")
            and approval in (None, document.get("ModelApprovalStatus"))
        ]
        return PACKAGES.page(documents, members, lambda one: self._model.structure("ModelPackageSummary", one))

    def update(self, region: str, members: dict[str, Any]) -> Document:
        """UpdateModelPackage: what is given replaces what was; of the metadata, key by key."""
        key = named(Kind.MODEL_PACKAGE, region, members["ModelPackageArn"])
        added = members.get("AdditionalInferenceSpecificationsToAdd", [])
        removed = members.get("CustomerMetadataPropertiesToRemove", [])

        def update(document: Document) -> None:
            metadata = {
                **document.get("CustomerMetadataProperties", {}),
                **members.get("CustomerMetadataProperties", {}),
            }
            specifications = [*document.get("AdditionalInferenceSpecifications", []), *added]
            document |= self._model.answer("DescribeModelPackage", members)
            document["CustomerMetadataProperties"] = {
                name: value for name, value in metadata.items() if name not in removed
            }
            document["AdditionalInferenceSpecifications"] = specifications
            document["LastModifiedTime"] = now()

        if self._resources.store.change(key, update) is None:
            raise missing(key)
        return {"ModelPackageArn": arn(key)}

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteModelPackage."""
        self._resources.delete(named(Kind.MODEL_PACKAGE, region, members["ModelPackageName"]))
        return {}

    def container(self, region: str, container: Document) -> Document:
        """A model's container that names a package, with the package's image, artifact and environment.

        Raises ValidationException unless the package is approved. The words are ours: AWS's aren't known.
        """
        key = named(Kind.MODEL_PACKAGE, region, container["ModelPackageName"])
        package = self._resources.get(key)
        approval = package.get("ModelApprovalStatus", "Approved")
        if approval != "Approved":
            raise ValidationError(f"Model package {arn(key)} can't be deployed: its approval status is {approval}.")
        containers = package.get("InferenceSpecification", {}).get("Containers", [])
        if len(containers) != 1:
            raise ValidationError(f"Model package {arn(key)} has {len(containers)} containers; one can be deployed.")
        inside = {
            name: containers[0][name] for name in ("Image", "ModelDataUrl", "ModelDataSource") if name in containers[0]
        }
        environment = {**containers[0].get("Environment", {}), **container.get("Environment", {})}
        return {**inside, **container, "Environment": environment}

    def _next(self, group: Key, document: Document) -> Key:
        """Count the group's versions on, and write the version into the package's document."""

        def count(found: Document) -> None:
            found[LATEST] += 1

        counted = self._resources.store.change(group, count)
        if counted is None:
            raise missing(group)
        document |= {"ModelPackageGroupName": group.name, "ModelPackageVersion": counted[LATEST]}
        document.setdefault("ModelApprovalStatus", "PendingManualApproval")
        return Key(Kind.MODEL_PACKAGE, group.region, f"{group.name}/{counted[LATEST]}")


def _group(region: str, members: dict[str, Any]) -> Key:
    return named(Kind.MODEL_PACKAGE_GROUP, region, members["ModelPackageGroupName"])
