"""What Application Auto Scaling may scale: a variant's provisioned concurrency, or its instances."""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from local_test.emulator.arns import arn
from local_test.emulator.control.listing import cut
from local_test.emulator.control.resources import now
from local_test.emulator.control.tags import Tags
from local_test.emulator.errors import ServiceError, ValidationError
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.scaling.scalable import DIMENSIONS, PROVISIONED
from local_test.emulator.store import Document, Key, Kind, Store

RESOURCE: Final = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
ROLE: Final = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
"""The service-linked role that every target gets, whatever role is asked for."""
PAGE: Final = 50
KINDS: Final = (Kind.SCALABLE_TARGET, Kind.SCALING_POLICY, Kind.SCALING_ACTIVITY)


def place(region: str, members: Document, kind: Kind = Kind.SCALABLE_TARGET, last: str = "") -> Key:
    """Where the document of a target lies, or that of a policy by its name: RESOURCE|DIMENSION[|NAME]."""
    parts = [members["ResourceId"], members["ScalableDimension"], *([last] if last else [])]
    return Key(kind, region, "|".join(parts))


def not_found(what: str, members: Document, more: str = "") -> ServiceError:
    """The service's ObjectNotFoundException."""
    return ServiceError(
        "ObjectNotFoundException",
        f"No {what} service namespace: {members['ServiceNamespace']}, resource ID: {members['ResourceId']}, scalable "
        f"dimension: {members['ScalableDimension']}{more}",
    )


class ScalableTargets:
    """Register, describe, deregister; and their tags.

    A document of Kind.SCALABLE_TARGET is a ScalableTarget as DescribeScalableTargets answers it: ResourceId
    `endpoint/NAME/variant/VARIANT`, ScalableDimension one of DIMENSIONS, MinCapacity, MaxCapacity, and
    SuspendedState with DynamicScalingInSuspended, DynamicScalingOutSuspended and ScheduledScalingSuspended.
    """

    def __init__(self, store: Store, tags: Tags) -> None:
        self._store = store
        self._tags = tags

    def register(self, region: str, members: dict[str, Any]) -> Document:
        """RegisterScalableTarget: a new target, or a change of one."""
        key = place(region, members)
        found = self._store.get(key) or {}
        capacity = {name: _capacity(name, members, found) for name in ("MinCapacity", "MaxCapacity")}
        self._check(region, members, capacity["MinCapacity"], capacity["MaxCapacity"])
        suspended = {**_AWAKE, **found.get("SuspendedState", {}), **members.get("SuspendedState", {})}
        identifier = uuid.uuid4().hex
        new = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": members["ResourceId"],
            "ScalableDimension": members["ScalableDimension"],
            "RoleARN": ROLE,
            "CreationTime": now(),
            "ScalableTargetARN": f"arn:aws:application-autoscaling:{region}:{ACCOUNT}:scalable-target/{identifier}",
        }
        document = {**new, **found, **capacity, "SuspendedState": suspended}
        self._store.put(key, document)
        target = document["ScalableTargetARN"]
        self._tags.set(region, target, [{"Key": name, "Value": tag} for name, tag in members.get("Tags", {}).items()])
        return {"ScalableTargetARN": target}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeScalableTargets."""
        wanted = members.get("ResourceIds")
        rows = [row for row in matching(self._store, Kind.SCALABLE_TARGET, region, members) if _in(wanted, row)]
        return page("ScalableTargets", rows, members, ["ResourceId", "ScalableDimension"])

    def deregister(self, region: str, members: dict[str, Any]) -> Document:
        """DeregisterScalableTarget: its policies go with it."""
        target = self._store.get(place(region, members))
        if target is None:
            raise not_found("scalable target found for", members)
        self._forget(region, target)
        return {}

    def forget(self, region: str, endpoint: str) -> None:
        """An endpoint is gone, and with it whatever scaled it."""
        for _, target in self._store.all(Kind.SCALABLE_TARGET, region):
            if target["ResourceId"].startswith(f"endpoint/{endpoint}/"):
                self._forget(region, target)

    def list_tags(self, region: str, members: dict[str, Any]) -> Document:
        """ListTagsForResource."""
        target = self._target(region, members)
        return {"Tags": {tag["Key"]: tag["Value"] for tag in self._tags.of(region, target)}}

    def tag(self, region: str, members: dict[str, Any]) -> Document:
        """TagResource."""
        tags = [{"Key": name, "Value": value} for name, value in members["Tags"].items()]
        self._tags.set(region, self._target(region, members), tags)
        return {}

    def untag(self, region: str, members: dict[str, Any]) -> Document:
        """UntagResource."""
        self._tags.remove(region, self._target(region, members), members["TagKeys"])
        return {}

    def _target(self, region: str, members: dict[str, Any]) -> str:
        wanted: str = members["ResourceARN"]
        if all(target["ScalableTargetARN"] != wanted for _, target in self._store.all(Kind.SCALABLE_TARGET, region)):
            raise ServiceError(
                "ResourceNotFoundException", f"The resource doesn't exist: {wanted}", ResourceName=wanted
            )
        return wanted

    def _forget(self, region: str, target: Document) -> None:
        """With its policies, activities and tags."""
        for kind in KINDS:
            for key, document in self._store.all(kind, region):
                if all(document[name] == target[name] for name in ("ResourceId", "ScalableDimension")):
                    self._store.delete(key)
        self._tags.forget(region, target["ScalableTargetARN"])

    def _check(self, region: str, members: dict[str, Any], minimum: int, maximum: int) -> None:
        found = RESOURCE.fullmatch(members["ResourceId"])
        known = members["ServiceNamespace"] == "sagemaker" and members["ScalableDimension"] in DIMENSIONS
        if found is None or not known:
            raise ValidationError("Unsupported service namespace, resource type or scalable dimension")
        if maximum < minimum:
            raise ValidationError("Maximum capacity cannot be less than minimum capacity")
        endpoint = Key(Kind.ENDPOINT, region, found["endpoint"])
        self._check_variant(endpoint, found["variant"], members["ScalableDimension"], minimum, maximum)

    def _check_variant(self, endpoint: Key, name: str, dimension: str, minimum: int, maximum: int) -> None:
        """The endpoint has to be there, with such a variant. The words but for the first are ours."""
        document = self._store.get(endpoint)
        if document is None:
            raise ValidationError(f'Could not find endpoint "{arn(endpoint)}".')
        config = self._store.get(Key(Kind.ENDPOINT_CONFIG, endpoint.region, document["EndpointConfigName"])) or {}
        variants = {variant["VariantName"]: variant for variant in document.get("ProductionVariants", [])}
        variants = {variant["VariantName"]: variant for variant in config.get("ProductionVariants", [])} | variants
        if name not in variants:
            raise ValidationError(f'Could not find variant "{name}" of endpoint "{arn(endpoint)}".')
        variant = variants[name]
        sizes = variant.get(
            "DesiredServerlessConfig", variant.get("CurrentServerlessConfig", variant.get("ServerlessConfig"))
        )
        if (dimension == PROVISIONED) != (sizes is not None):
            kind = "has instances" if sizes is None else "is serverless"
            raise ValidationError(f"{dimension} can't be scaled: variant {name} {kind}.")
        if sizes is not None and maximum > sizes["MaxConcurrency"]:
            raise ValidationError(
                f"Maximum capacity {maximum} is more than the variant's MaxConcurrency {sizes['MaxConcurrency']}."
            )
        least = 0 if "AsyncInferenceConfig" in document else 1
        if minimum < least:
            raise ValidationError(f"Minimum capacity cannot be less than {least} for {dimension} of this endpoint.")


def matching(store: Store, kind: Kind, region: str, members: Document) -> list[Document]:
    """The documents of a kind that have the request's namespace, resource and dimension, where it names them."""
    names = [name for name in ("ServiceNamespace", "ResourceId", "ScalableDimension") if name in members]
    return [
        document for _, document in store.all(kind, region) if all(document[name] == members[name] for name in names)
    ]


def page(answer: str, rows: list[Document], members: Document, order: list[str], reverse: bool = False) -> Document:
    """A page of an answer's list."""
    size = min(members.get("MaxResults", PAGE), PAGE)
    found, token = cut(rows, size, members.get("NextToken"), lambda row: [row[name] for name in order], reverse)
    return {answer: found, **token}


_AWAKE: Final = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def _capacity(name: str, members: Document, found: Document) -> int:
    capacity: int | None = members.get(name, found.get(name))
    if capacity is None:
        raise ValidationError(f"{name} is required to register a new scalable target.")
    return capacity


def _in(resources: list[str] | None, row: Document) -> bool:
    return not resources or row["ResourceId"] in resources
