"""Endpoint configurations: which models an endpoint serves, on what."""

from __future__ import annotations

from typing import Any

from local_test.emulator.arns import arn
from local_test.emulator.control import serverless
from local_test.emulator.control.listing import Listing
from local_test.emulator.control.resources import Resources, now
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ValidationError
from local_test.emulator.store import Document, Key, Kind

LISTING = Listing("EndpointConfigs", "EndpointConfigName")


class EndpointConfigs:
    """Create, describe, list and delete."""

    def __init__(self, resources: Resources, model: Model) -> None:
        self._resources = resources
        self._model = model

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateEndpointConfig. Its models have to be there; whether there is room for it shows at the endpoint."""
        variants = [*members["ProductionVariants"], *members.get("ShadowProductionVariants", [])]
        _check_names(variants)
        for variant in variants:
            _check_variant(variant)
        models = [self._resources.get(Key(Kind.MODEL, region, variant["ModelName"])) for variant in variants]
        serverless.check_config(members, models)
        key = Key(Kind.ENDPOINT_CONFIG, region, members["EndpointConfigName"])
        document = {
            **self._model.answer("DescribeEndpointConfig", members),
            "ProductionVariants": [
                {"InitialVariantWeight": 1.0, **variant} for variant in members["ProductionVariants"]
            ],
            "EndpointConfigArn": arn(key),
            "CreationTime": now(),
        }
        return {"EndpointConfigArn": self._resources.create(key, document, members.get("Tags"))}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeEndpointConfig."""
        return self._resources.get(Key(Kind.ENDPOINT_CONFIG, region, members["EndpointConfigName"]))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListEndpointConfigs."""
        documents = [document for _, document in self._resources.store.all(Kind.ENDPOINT_CONFIG, region)]
        return LISTING.page(documents, members, lambda one: self._model.structure("EndpointConfigSummary", one))

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteEndpointConfig. An endpoint that serves by it goes on, as with AWS, but can't be updated any more."""
        self._resources.delete(Key(Kind.ENDPOINT_CONFIG, region, members["EndpointConfigName"]))
        return {}


def _check_names(variants: list[Document]) -> None:
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise ValidationError("Production variant names must be unique within an endpoint configuration.")


def _check_variant(variant: Document) -> None:
    """The words are ours: AWS's aren't known."""
    name = variant["VariantName"]
    if "ModelName" not in variant:
        raise ValidationError(f"Production variant {name} has no ModelName; coppice local has no inference components.")
    if "ServerlessConfig" in variant:
        return
    if "InstancePools" in variant:
        raise ValidationError(f"Production variant {name} has InstancePools, which coppice local doesn't emulate.")
    if "InstanceType" not in variant or "InitialInstanceCount" not in variant:
        raise ValidationError(
            f"Production variant {name} must have either a ServerlessConfig or both an InstanceType and an "
            "InitialInstanceCount."
        )
