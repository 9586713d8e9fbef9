"""What scaling has done, for DescribeScalingActivities."""

from __future__ import annotations

import time
import uuid

from local_test.emulator.scaling.scalable import DIMENSIONS, Resource
from local_test.emulator.scaling.target_tracking import Vote
from local_test.emulator.store import Document, Key, Kind, Store


class Activities:
    """Documents in the shape of its answers, with a member DesiredCapacity."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, resource: Resource, chosen: Vote) -> None:
        """Something is being scaled."""
        name = str(uuid.uuid4())
        activity = {
            "ActivityId": name,
            "ServiceNamespace": "sagemaker",
            "ResourceId": resource.id,
            "ScalableDimension": resource.dimension,
            "Description": f"Setting {DIMENSIONS[resource.dimension]} to {chosen.capacity}.",
            "Cause": chosen.cause,
            "StartTime": time.time(),
            "StatusCode": "InProgress",
            "DesiredCapacity": chosen.capacity,
        }
        self._store.put(Key(Kind.SCALING_ACTIVITY, resource.region, name), activity)

    def settle(self) -> None:
        """Say how each ended whose endpoint isn't changing any more, or is gone."""
        for key, activity in self._store.all(Kind.SCALING_ACTIVITY):
            if activity["StatusCode"] == "InProgress":
                resource = Resource.of(key.region, activity)
                endpoint = self._store.get(resource.endpoint)
                if endpoint is None or endpoint["EndpointStatus"] != "Updating":
                    self._store.put(key, activity | _end(resource, endpoint, activity["DesiredCapacity"]))


def _end(resource: Resource, endpoint: Document | None, wanted: int) -> Document:
    what = DIMENSIONS[resource.dimension]
    summary = resource.summary(endpoint)
    if summary is None or resource.capacity(summary) != wanted:
        return {"StatusCode": "Failed", "StatusMessage": f"Failed to set {what} to {wanted}.", "EndTime": time.time()}
    message = f"Successfully set {what} to {wanted}. Change successfully fulfilled by sagemaker."
    return {"StatusCode": "Successful", "StatusMessage": message, "EndTime": time.time()}
