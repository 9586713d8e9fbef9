"""The registry's gateway, against moto's server; and against the Stubber where moto doesn't answer as AWS does."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from cloud import Cloud

from deploy.aws.model_registry import ModelRegistry
from deploy.aws.session import Session
from deploy.endpoint.package import find
from deploy.errors import Missing

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice@sha256:" + "a" * 64


@pytest.fixture
def registry(cloud: Cloud) -> ModelRegistry:
    return ModelRegistry(Session())


def request(**changes: Any) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": "Houses",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "CustomerMetadataProperties": {"coppice:artifact": "b" * 64},
        "ModelApprovalStatus": "PendingManualApproval",
        **changes,
    }


def test_there_is_no_group(registry: ModelRegistry) -> None:
    assert not registry.group_exists("Houses")
    assert registry.versions("Houses") == []
    with pytest.raises(Missing, match="There is no group Houses"):
        find(registry, "Houses")


def test_versions_are_registered_approved_and_found(cloud: Cloud, registry: ModelRegistry) -> None:
    registry.create_group("Houses", "prices", {"coppice:version": "1"})
    made = [registry.create(request()) for _ in range(3)]
    assert [version.number for version in registry.versions("Houses")] == [3, 2, 1]
    registry.set_approval(registry.describe(made[1]), "Approved", "looks good")
    described = registry.describe(made[1])
    assert (described.approval, described.note) == ("Approved", "looks good")
    ref = find(registry, "Houses")
    assert (ref.version, ref.arn, ref.image) == (2, made[1], IMAGE)
    assert ref.metadata == {"coppice:artifact": "b" * 64}
    group = cloud.client("sagemaker").describe_model_package_group(ModelPackageGroupName="Houses")
    assert group["ModelPackageGroupDescription"] == "prices"
    by_arn = f"{group['ModelPackageGroupArn']}:2"
    assert find(registry, by_arn).arn == made[1]


def test_an_image_by_tag_is_taken_by_the_digest_that_sagemaker_noted() -> None:
    session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
    digest = "sha256:" + "c" * 64
    containers = [
        {"Image": "localhost:5000/coppice:latest", "ImageDigest": digest, "ModelDataUrl": "s3://b/m.tar.gz"},
        {"Image": "localhost:5000/coppice", "ImageDigest": digest},
        {"Image": IMAGE, "ImageDigest": digest},
        {"Image": "repository:1"},
    ]
    with Stubber(session.sagemaker) as stubber:
        stubber.add_response(
            "describe_model_package",
            {
                "ModelPackageName": "houses",
                "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/houses/1",
                "ModelPackageVersion": 1,
                "CreationTime": 0,
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": []},
                "InferenceSpecification": {"Containers": containers},
            },
        )
        found = ModelRegistry(session).describe("houses/1")
    assert [container.image for container in found.containers] == [
        f"localhost:5000/coppice@{digest}",
        f"localhost:5000/coppice@{digest}",
        IMAGE,
        "repository:1",
    ]
    assert found.approval == "PendingManualApproval"
