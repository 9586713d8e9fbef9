"""SageMaker's control plane: models, endpoint configurations and endpoints, as plain data.

Reads answer None for what isn't there. Writes retry while AWS hasn't yet heard of what was made a moment ago.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import botocore.session
from botocore.exceptions import ClientError

from deploy.aws import tags as tagging
from deploy.aws.errors import code_of, found, message_of, says_not_found
from deploy.aws.session import Session

CHANGING: Final = ("Creating", "Updating", "SystemUpdating", "RollingBack")
"""An endpoint's statuses in which it can be neither updated nor deleted."""
CONSISTENCY_SECONDS: Final = 60
"""How long a thing that was made may stay unknown, or a new role not yet be assumable, before that is believed."""
_PAUSE_SECONDS: Final = 3
_NOT_YET: Final = ("could not find", "cannot find", "does not exist", "dynamodb", "could not assume role")

T = TypeVar("T")
Sleep = Callable[[float], None]


def instance_types() -> frozenset[str]:
    """The instance types that the installed botocore knows for endpoints."""
    shape = botocore.session.get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    return frozenset(getattr(shape, "enum", ()))


class SageMaker:
    """The endpoints of one session's account and region."""

    def __init__(
        self, session: Session, sleep: Sleep = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._sleep = sleep
        self._clock = clock

    # Reads

    def endpoint(self, name: str) -> Mapping[str, Any] | None:
        """DescribeEndpoint's answer."""
        return found(lambda: self._session.sagemaker.describe_endpoint(EndpointName=name))

    def config(self, name: str) -> Mapping[str, Any] | None:
        """DescribeEndpointConfig's answer."""
        return found(lambda: self._session.sagemaker.describe_endpoint_config(EndpointConfigName=name))

    def model(self, name: str) -> Mapping[str, Any] | None:
        """DescribeModel's answer."""
        return found(lambda: self._session.sagemaker.describe_model(ModelName=name))

    def tags(self, arn: str) -> dict[str, str]:
        """A resource's tags."""
        pages = self._session.sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        return tagging.as_mapping(tag for page in pages for tag in page["Tags"])

    def endpoints(self, containing: str = "") -> Iterator[dict[str, Any]]:
        """Summaries of endpoints, oldest first."""
        yield from self._pages("list_endpoints", "Endpoints", containing)

    def configs(self, containing: str = "") -> Iterator[dict[str, Any]]:
        """Summaries of endpoint configurations, oldest first."""
        yield from self._pages("list_endpoint_configs", "EndpointConfigs", containing)

    def models(self, containing: str = "") -> Iterator[dict[str, Any]]:
        """Summaries of models, oldest first."""
        yield from self._pages("list_models", "Models", containing)

    # Writes

    def create_model(self, request: Mapping[str, Any]) -> str:
        """CreateModel; the ARN."""
        return str(self._eventually(lambda: self._session.sagemaker.create_model(**request))["ModelArn"])

    def create_config(self, request: Mapping[str, Any]) -> str:
        """CreateEndpointConfig; the ARN."""
        made = self._eventually(lambda: self._session.sagemaker.create_endpoint_config(**request))
        return str(made["EndpointConfigArn"])

    def create_endpoint(self, name: str, config: str, tags: Mapping[str, str]) -> str:
        """CreateEndpoint; the ARN."""
        made = self._eventually(
            lambda: self._session.sagemaker.create_endpoint(
                EndpointName=name, EndpointConfigName=config, Tags=tagging.as_list(tags)
            )
        )
        return str(made["EndpointArn"])

    def update_endpoint(self, name: str, config: str) -> None:
        """UpdateEndpoint: the old configuration serves until the new one does."""
        self._eventually(lambda: self._session.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config))

    def update_variant(self, endpoint: str, desired: Mapping[str, Any]) -> None:
        """UpdateEndpointWeightsAndCapacities for the one variant."""
        self._session.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[desired],  # type: ignore[list-item]
        )

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set tags."""
        self._session.sagemaker.add_tags(ResourceArn=arn, Tags=tagging.as_list(tags))

    def remove_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags."""
        self._session.sagemaker.delete_tags(ResourceArn=arn, TagKeys=keys)

    def delete_endpoint(self, name: str) -> None:
        """Delete an endpoint; it may be gone already."""
        found(lambda: self._session.sagemaker.delete_endpoint(EndpointName=name))

    def delete_config(self, name: str) -> None:
        """Delete an endpoint configuration; it may be gone already."""
        found(lambda: self._session.sagemaker.delete_endpoint_config(EndpointConfigName=name))

    def delete_model(self, name: str) -> None:
        """Delete a model; it may be gone already."""
        found(lambda: self._session.sagemaker.delete_model(ModelName=name))

    def _eventually(self, call: Callable[[], T]) -> T:
        return eventually(call, self._sleep, self._clock)

    def _pages(self, operation: Any, key: str, containing: str) -> Iterator[dict[str, Any]]:
        wanted = {"NameContains": containing} if containing else {}
        pages: Any = self._session.sagemaker.get_paginator(operation)
        for page in pages.paginate(SortBy="CreationTime", SortOrder="Ascending", **wanted):
            yield from page[key]


def eventually(call: Callable[[], T], sleep: Sleep, clock: Callable[[], float]) -> T:
    """What `call` answers, once AWS has heard of what was made a moment ago; its error when that takes too long."""
    end = clock() + CONSISTENCY_SECONDS
    while True:
        try:
            return call()
        except ClientError as error:
            if not _may_pass(error) or clock() >= end:
                raise
        sleep(_PAUSE_SECONDS)


def _may_pass(error: ClientError) -> bool:
    message = message_of(error).lower()
    known = code_of(error) in ("ValidationException", "ResourceInUse") and any(words in message for words in _NOT_YET)
    return known or says_not_found(error)
