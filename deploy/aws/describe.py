"""Reads for people who only look: where credentials don't reach, that is an answer, too.

None stands for what isn't there; Denied for what these credentials may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from deploy.aws.ecr import ECR
from deploy.aws.errors import code_of
from deploy.aws.sagemaker import SageMaker
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
        self._sagemaker = SageMaker(session)
        self._ecr = ECR(session)

    def endpoints(self) -> Iterator[Document]:
        """A summary of every endpoint, ours and others'. Passes on what AWS refuses."""
        return self._sagemaker.endpoints()

    def endpoint(self, name: str) -> Document | None:
        """DescribeEndpoint."""
        return _look(lambda: self._sagemaker.endpoint(name))

    def config(self, name: str) -> Document | None:
        """DescribeEndpointConfig."""
        return _look(lambda: self._sagemaker.config(name))

    def model(self, name: str) -> Document | None:
        """DescribeModel."""
        return _look(lambda: self._sagemaker.model(name))

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of something of SageMaker's."""
        return _look(lambda: self._sagemaker.tags(arn))

    def scalable_targets(self, resources: list[str]) -> list[Document]:
        """What Application Auto Scaling scales of these `endpoint/NAME/variant/NAME`."""
        if not resources:
            return []
        pages = self._session.autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="sagemaker", ResourceIds=resources
        )
        return _look(lambda: [target for page in pages for target in page["ScalableTargets"]])

    def image_tags(self, registry: str, repository: str, digest: str) -> tuple[str, ...]:
        """The tags that an image in ECR goes by; none where it has gone, or is another account's."""
        image = _look(lambda: self._ecr.image(repository, digest=digest, registry=registry))
        return image.tags if image else ()


def _look(read: Callable[[], T]) -> T:
    try:
        return read()
    except ClientError as error:
        if code_of(error) in _DENIED:
            raise Denied from error
        raise
