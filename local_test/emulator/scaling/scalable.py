"""What Application Auto Scaling scales: a variant of an endpoint, in one dimension."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from local_test.emulator.store import Document, Key, Kind

INSTANCES: Final = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED: Final = "sagemaker:variant:DesiredProvisionedConcurrency"
DIMENSIONS: Final = {INSTANCES: "desired instance count", PROVISIONED: "desired provisioned concurrency"}


class Resource(NamedTuple):
    """One of them."""

    region: str
    id: str
    """endpoint/NAME/variant/VARIANT"""
    dimension: str

    @classmethod
    def of(cls, region: str, document: Document) -> Resource:
        """That of a target, a policy or an activity."""
        return cls(region, document["ResourceId"], document["ScalableDimension"])

    @property
    def endpoint(self) -> Key:
        """The endpoint's place in the store."""
        return Key(Kind.ENDPOINT, self.region, self.id.split("/")[1])

    @property
    def variant(self) -> str:
        """The variant's name."""
        return self.id.split("/")[3]

    def summary(self, endpoint: Document | None) -> dict[str, Any] | None:
        """The variant in a document of its endpoint; None unless both are there and in service."""
        if endpoint is None or endpoint["EndpointStatus"] != "InService":
            return None
        variants = endpoint.get("ProductionVariants", ())
        return next((one for one in variants if one["VariantName"] == self.variant), None)

    def capacity(self, summary: dict[str, Any]) -> int:
        """What it has."""
        if self.dimension == INSTANCES:
            return int(summary["CurrentInstanceCount"])
        return int(summary.get("CurrentServerlessConfig", {}).get("ProvisionedConcurrency", 0))

    def desired(self, summary: dict[str, Any], capacity: int) -> dict[str, Any]:
        """A member of DesiredWeightsAndCapacities."""
        if self.dimension == INSTANCES:
            return {"VariantName": self.variant, "DesiredInstanceCount": capacity}
        concurrency = {
            "MaxConcurrency": summary["CurrentServerlessConfig"]["MaxConcurrency"],
            "ProvisionedConcurrency": capacity,
        }
        return {"VariantName": self.variant, "ServerlessUpdateConfig": concurrency}
