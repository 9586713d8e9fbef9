"""A model registry in memory, for tests that need no AWS."""

from __future__ import annotations

from typing import Any

from deploy.aws.model_registry import Approval, Container, Package, Version

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice@sha256:" + "a" * 64
DATA = "s3://bucket/models/model.tar.gz"


class FakeRegistry:
    """One group, `houses`; `requests` are the packages made."""

    def __init__(self, *approvals: str, exists: bool = True) -> None:
        self.exists = exists or bool(approvals)
        self.packages = [package(number, approval) for number, approval in enumerate(approvals, 1)]
        self.statuses = dict.fromkeys(range(1, len(approvals) + 1), "Completed")
        self.requests: list[dict[str, Any]] = []
        self.changes: list[tuple[str, str, str]] = []

    def group_exists(self, group: str) -> bool:
        return self.exists and group.endswith("houses")

    def create_group(self, group: str, description: str, tags: dict[str, str]) -> None:
        self.exists = True

    def versions(self, group: str) -> list[Version]:
        if not self.group_exists(group):
            return []
        found = [Version(p.version, p.arn, p.approval, self.statuses[p.version]) for p in self.packages]
        return sorted(found, reverse=True)

    def describe(self, arn: str) -> Package:
        return next(package for package in self.packages if package.arn == arn)

    def create(self, request: dict[str, Any]) -> str:
        self.requests.append(request)
        definition = request["InferenceSpecification"]["Containers"][0]
        number = len(self.packages) + 1
        made = package(number, request["ModelApprovalStatus"])._replace(
            containers=(Container(definition["Image"], definition["ModelDataUrl"], {}),),
            metadata=request["CustomerMetadataProperties"],
        )
        self.packages.append(made)
        self.statuses[number] = "Completed"
        return made.arn

    def set_approval(self, package: Package, approval: Approval, note: str) -> None:
        self.changes.append((package.arn, approval, note))


def package(number: int, approval: str) -> Package:
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/houses/{number}"
    return Package(arn, number, approval, "", (Container(IMAGE, DATA, {}),), {"coppice:artifact": "b" * 64})
