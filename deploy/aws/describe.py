"""Reads for people who only look: where credentials don't reach, that is an answer, too.

None stands for what isn't there; Denied for what these credentials may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from deploy.aws.ecr import ECR
from deploy.aws.errors import is_denied, translate
from deploy.aws.sagemaker import SageMaker
from deploy.aws.session import Session
from deploy.errors import AwsError

T = TypeVar("T")
Document = Mapping[str, Any]


class Denied(AwsError):
    """These credentials may not see it: an answer to whoever can do without, a failure to others."""


class Describe:
    """What there is in one account and region. Answers are AWS's own documents."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sagemaker = SageMaker(session)
        self._ecr = ECR(session)

    def endpoints(self) -> Iterator[Document]:
        """A summary of every endpoint, ours and others'. Passes on what AWS refuses."""
        return self._sagemaker.endpoints()

    def names(self) -> list[str]:
        """Every endpoint's name, for a hint; none where they may not be listed."""
        try:
            return _look(lambda: [summary["EndpointName"] for summary in self.endpoints()])
        except Denied:
            return []

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
        if is_denied(error):
            raise Denied(*_said(error)) from error
        raise


def _said(error: ClientError) -> tuple[str, str]:
    refused = translate(error) or AwsError(str(error))
    return refused.message, refused.hint
