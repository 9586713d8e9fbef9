"""The tags by which Coppice knows its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import TagTypeDef

PREFIX: Final = "coppice:"
ENDPOINT: Final = "coppice:endpoint"
"""The endpoint a resource belongs to. What carries it is ours, and is deleted with the endpoint."""
STAGE: Final = "coppice:stage"
VERSION: Final = "coppice:version"
ARTIFACT: Final = "coppice:artifact"
"""The archive's sha256, or `etag-…` of an archive that lay in S3 already."""
MODEL_ID: Final = "coppice:model-id"
"""The id that the manifest gives the model."""
PACKAGE: Final = "coppice:package"
"""The ARN of the registered package that it was made from."""
CONFIG: Final = "coppice:config"
"""On an endpoint: the deployment (deploy/endpoint/deployment.py) that was last recorded to serve."""
PREVIOUS: Final = "coppice:previous"
"""On an endpoint: the deployment before that, where rollback goes."""


def as_list(tags: Mapping[str, str]) -> list[TagTypeDef]:
    """Tags as SageMaker and ECR take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_mapping(tags: Iterable[TagTypeDef]) -> dict[str, str]:
    """Tags as SageMaker and ECR give them."""
    return {tag["Key"]: tag["Value"] for tag in tags}
