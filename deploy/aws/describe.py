"""Reads about endpoints, from the services that know: SageMaker, Application Auto Scaling, ECR.

None stands for what isn't there; Denied for what these credentials may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from deploy.aws.errors import code_of, says_not_found
from deploy.aws.session import Session

T = TypeVar("T")
Document = Mapping[str, Any]
_DENIED: Final = ("AccessDenied", "AccessDeniedException")


class Denied(Exception):
    """These credentials may not see it."""


class Describe:
    """What there is in one account and region. Answers are AWS's own documents."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def endpoints(self) -> Iterator[Document]:
        """A summary of every endpoint, ours and others', the newest first."""
        for page in self._session.sagemaker.get_paginator("list_endpoints").paginate():
            yield from page["Endpoints"]

    def endpoint(self, name: str) -> Document | None:
        """DescribeEndpoint."""
        return _look(lambda: self._session.sagemaker.describe_endpoint(EndpointName=name))

    def config(self, name: str) -> Document | None:
        """DescribeEndpointConfig."""
        return _look(lambda: self._session.sagemaker.describe_endpoint_config(EndpointConfigName=name))

    def model(self, name: str) -> Document | None:
        """DescribeModel."""
        return _look(lambda: self._session.sagemaker.describe_model(ModelName=name))

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of something of SageMaker's; none where it has gone."""
        pages = self._session.sagemaker.get_paginator("list_tags")
        found = _look(lambda: [tag for page in pages.paginate(ResourceArn=arn) for tag in page["Tags"]])
        return {tag["Key"]: tag["Value"] for tag in found or ()}

    def scalable_targets(self, resources: list[str]) -> list[Document]:
        """What Application Auto Scaling scales of these `endpoint/NAME/variant/NAME`."""
        if not resources:
            return []
        pages = self._session.autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="sagemaker", ResourceIds=resources
        )
        return _look(lambda: [target for page in pages for target in page["ScalableTargets"]]) or []

    def image_tags(self, registry: str, repository: str, digest: str) -> list[str]:
        """The tags that an image in ECR goes by; none where it has gone."""
        found = _look(
            lambda: self._session.ecr.describe_images(
                registryId=registry, repositoryName=repository, imageIds=[{"imageDigest": digest}]
            )
        )
        images = found["imageDetails"] if found else []
        return sorted(tag for image in images for tag in image.get("imageTags", ()))


def _look(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ClientError as error:
        if says_not_found(error):
            return None
        if code_of(error) in _DENIED:
            raise Denied from error
        raise
