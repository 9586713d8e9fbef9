"""Endpoints: what they should be. Hosting makes them so, and writes what came of it into the same document."""

from __future__ import annotations

import threading
from typing import Any, Final

from local_test.emulator.arns import arn
from local_test.emulator.control import capacities, serverless
from local_test.emulator.control.listing import Listing
from local_test.emulator.control.resources import Resources, missing, now
from local_test.emulator.control.scalable_targets import ScalableTargets
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ValidationError
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.store import Document, Key, Kind

LISTING: Final = Listing("Endpoints", "EndpointName", status="EndpointStatus")
SETTLED: Final = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
OF_CONFIG: Final = ("DataCaptureConfig", "AsyncInferenceConfig", "ExplainerConfig")
"""What DescribeEndpoint shows of the configuration."""


class Endpoints:
    """Create, describe, list, update and delete.

    A document has the members of DescribeEndpoint. This class writes its names, times and EndpointStatus, the
    configuration's members of OF_CONFIG, LastDeploymentConfig, and two that only the store has while an update is
    under way: RetainedVariantProperties, by variant the DesiredWeight and DesiredInstanceCount that it keeps, and
    ConfigBefore, what it is rolled back to. Hosting writes the rest.
    """

    def __init__(self, resources: Resources, targets: ScalableTargets, hosting: Hosting, model: Model) -> None:
        self._resources = resources
        self._targets = targets
        self._hosting = hosting
        self._model = model
        self._quotas = threading.Lock()
        """Two that come at once don't take the same room."""

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateEndpoint."""
        key = Key(Kind.ENDPOINT, region, members["EndpointName"])
        config = self._config(region, members["EndpointConfigName"])
        time = now()
        document = {
            "EndpointName": key.name,
            "EndpointArn": arn(key),
            "EndpointConfigName": config["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": time,
            "LastModifiedTime": time,
            **_shown(config, members),
        }
        with self._quotas:
            self._check_room(key, serverless.max_concurrency(config))
            made = self._resources.create(key, document, members.get("Tags"))
        self._hosting.deploy(key)
        return {"EndpointArn": made}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeEndpoint."""
        return self._resources.get(Key(Kind.ENDPOINT, region, members["EndpointName"]))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListEndpoints."""
        documents = [document for _, document in self._resources.store.all(Kind.ENDPOINT, region)]
        return LISTING.page(documents, members, lambda document: self._model.structure("EndpointSummary", document))

    def update(self, region: str, members: dict[str, Any]) -> Document:
        """UpdateEndpoint. Whatever DeploymentConfig asks for, traffic moves at once, when the new variants are up."""
        key = Key(Kind.ENDPOINT, region, members["EndpointName"])
        config = self._config(region, members["EndpointConfigName"])

        def update(document: Document) -> None:
            _check_settled(key, document)
            # An endpoint whose own configuration was deleted can't be updated: terraform-provider-aws#40048.
            current = self._config(region, document["EndpointConfigName"])
            if serverless.is_serverless(config) and not serverless.is_serverless(current):
                raise ValidationError(f'Cannot update real-time endpoint "{arn(key)}" to a serverless endpoint.')
            retained = capacities.retained(document, members) if members.get("RetainAllVariantProperties") else {}
            before = {name: document.get(name) for name in ("EndpointConfigName", *OF_CONFIG)}
            kept = {"LastDeploymentConfig"} if members.get("RetainDeploymentConfig") else set()
            for name in {*OF_CONFIG, "LastDeploymentConfig", "FailureReason"} - kept:
                document.pop(name, None)
            document |= {
                "EndpointConfigName": config["EndpointConfigName"],
                "EndpointStatus": "Updating",
                "LastModifiedTime": now(),
                "RetainedVariantProperties": retained,
                "ConfigBefore": before,
                **_shown(config, members),
            }

        with self._quotas:
            self._check_room(key, serverless.max_concurrency(config))
            self._change(key, update)
        self._hosting.deploy(key)
        return {"EndpointArn": arn(key)}

    def update_capacities(self, region: str, members: dict[str, Any]) -> Document:
        """UpdateEndpointWeightsAndCapacities."""
        key = Key(Kind.ENDPOINT, region, members["EndpointName"])
        wanted = members["DesiredWeightsAndCapacities"]

        def update(document: Document) -> None:
            _check_settled(key, document)
            concurrency = capacities.check(document, wanted)
            self._check_room(key, concurrency)
            document |= {"EndpointStatus": "Updating", "LastModifiedTime": now()}

        with self._quotas:
            self._change(key, update)
        for variant in wanted:
            self._hosting.capacity(key, variant["VariantName"], variant)
        return {"EndpointArn": arn(key)}

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteEndpoint. As with AWS, not while it is being created or updated."""
        key = Key(Kind.ENDPOINT, region, members["EndpointName"])

        def update(document: Document) -> None:
            _check_settled(key, document, deleting=True)
            document |= {"EndpointStatus": "Deleting", "LastModifiedTime": now()}

        self._change(key, update)
        self._resources.forget_tags(key)
        self._targets.forget(region, key.name)
        self._hosting.delete(key)
        return {}

    def _config(self, region: str, name: str) -> Document:
        return self._resources.get(Key(Kind.ENDPOINT_CONFIG, region, name))

    def _check_room(self, key: Key, concurrency: int) -> None:
        if concurrency:
            serverless.check_quotas(self._resources.store, key, concurrency)

    def _change(self, key: Key, change: Any) -> None:
        if self._resources.store.change(key, change) is None:
            raise missing(key)


def _shown(config: Document, members: dict[str, Any]) -> Document:
    shown = {name: config[name] for name in OF_CONFIG if name in config}
    return shown | ({"LastDeploymentConfig": members["DeploymentConfig"]} if "DeploymentConfig" in members else {})


def _check_settled(key: Key, document: Document, deleting: bool = False) -> None:
    status = document["EndpointStatus"]
    if status not in SETTLED:
        raise ValidationError(f'Cannot update in-progress endpoint "{arn(key)}".')
    if status != "InService" and not deleting:
        # Documented: "DeleteEndpoint is the only operation that can be performed on a failed endpoint". Our words.
        raise ValidationError(f'Cannot update endpoint "{arn(key)}" in status {status}.')
