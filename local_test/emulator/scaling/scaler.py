"""Scaling: follows the policies of Application Auto Scaling, within the limits of their targets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_test.emulator.aws import Aws
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.scaling.activities import Activities
from local_test.emulator.scaling.scalable import DIMENSIONS, Resource
from local_test.emulator.scaling.step_scaling import alarms, step
from local_test.emulator.scaling.target_tracking import (
    Metric,
    Pace,
    Vote,
    elected,
    tracking,
    vote,
)
from local_test.emulator.store import Document, Kind, Store

AWS_PACE = Pace()

log = logging.getLogger(__name__)


class Scaler:
    """Looks at each policy's metric from time to time, and changes the variant's capacity.

    The documents are in the shapes of DescribeScalableTargets and DescribeScalingPolicies. Cool-downs begin anew with
    the emulator.
    """

    def __init__(
        self,
        store: Store,
        hosting: Hosting,
        aws: Aws,
        pace: Pace = AWS_PACE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._hosting = hosting
        self._aws = aws
        self._pace = pace
        self._clock = clock
        self._activities = Activities(store)
        self._cooling: dict[tuple[Resource, bool], float] = {}
        """Until when (monotonic) a resource isn't scaled out (True) or in (False) again."""
        self._said: set[str] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scaler", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look once at every target."""
        self._activities.settle()
        for key, target in self._store.all(Kind.SCALABLE_TARGET):
            try:
                self._follow(Resource.of(key.region, target), target)
            except Exception as error:  # noqa: BLE001 - the others are followed, and this one at the next look
                self._say(f"{key.name} can't be scaled: {error}")

    def _run(self) -> None:
        while not self._closing.wait(self._pace.look_seconds):
            self.look()

    def _follow(self, resource: Resource, target: Document) -> None:
        summary = resource.summary(self._store.get(resource.endpoint))
        if summary is None or resource.dimension not in DIMENSIONS:
            return
        capacity = resource.capacity(summary)
        least, most = target["MinCapacity"], target["MaxCapacity"]
        if not least <= capacity <= most:
            self._scale(resource, summary, Vote(min(max(capacity, least), most), 0, f"it has to be {least} to {most}"))
            return
        votes = self._votes(resource, capacity)
        best = elected(votes, capacity)
        best = best._replace(capacity=min(max(best.capacity, least), most))
        if best.capacity != capacity and self._may(resource, target, out=best.capacity > capacity):
            self._scale(resource, summary, best)

    def _votes(self, resource: Resource, capacity: int) -> list[Vote]:
        found = []
        for key, policy in self._store.all(Kind.SCALING_POLICY, resource.region):
            if Resource.of(key.region, policy) == resource:
                found += self._votes_of(policy, resource, capacity)
        return found

    def _votes_of(self, policy: Document, resource: Resource, capacity: int) -> list[Vote]:
        if "StepScalingPolicyConfiguration" in policy:
            return self._steps(policy, resource, capacity)
        tracked = tracking(policy, resource.endpoint.name, resource.variant)
        if tracked is None:
            self._say(f"The scaling policy {policy['PolicyName']} is of a kind that coppice local can't follow.")
            return []
        count = max(self._pace.in_points, self._pace.out_points)
        points = self._points(resource.region, tracked.metric, self._pace.period, count)
        return [vote(tracked, capacity, points, self._pace)]

    def _steps(self, policy: Document, resource: Resource, capacity: int) -> list[Vote]:
        answer = self._aws.client("cloudwatch", resource.region).describe_alarms()
        wanted = (
            step(policy, alarm, capacity, self._points(resource.region, alarm.metric, alarm.period, alarm.evaluated))
            for alarm in alarms(answer, policy)
        )
        return [one for one in wanted if one is not None]

    def _points(self, region: str, metric: Metric, period: int, count: int) -> list[float | None]:
        """Of the periods (seconds) that are over, oldest first."""
        end = int(self._clock()) // period * period
        start = end - period * count
        measured = {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        }
        answer = self._aws.client("cloudwatch", region).get_metric_data(
            MetricDataQueries=[
                {"Id": "m", "MetricStat": {"Metric": measured, "Period": period, "Stat": metric.statistic}}
            ],
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
        )
        (found,) = answer["MetricDataResults"]
        values = {
            int(moment.timestamp()): value for moment, value in zip(found["Timestamps"], found["Values"], strict=True)
        }
        return [values.get(moment) for moment in range(start, end, period)]

    def _may(self, resource: Resource, target: Document, out: bool) -> bool:
        suspended = target.get("SuspendedState", {}).get(f"DynamicScaling{'Out' if out else 'In'}Suspended", False)
        return not suspended and time.monotonic() >= self._cooling.get((resource, out), 0)

    def _scale(self, resource: Resource, summary: dict[str, Any], chosen: Vote) -> None:
        """As UpdateEndpointWeightsAndCapacities does, unless something else has begun to change the endpoint."""
        begun = []

        def begin(endpoint: Document) -> None:
            if resource.summary(endpoint) is not None:
                endpoint |= {"EndpointStatus": "Updating", "LastModifiedTime": time.time()}
                begun.append(endpoint)

        self._store.change(resource.endpoint, begin)
        if not begun:
            return
        out = chosen.capacity > resource.capacity(summary)
        self._cooling[resource, out] = time.monotonic() + chosen.cooldown
        self._activities.begin(resource, chosen)
        self._hosting.capacity(resource.endpoint, resource.variant, resource.desired(summary, chosen.capacity))

    def _say(self, text: str) -> None:
        """Once."""
        if text not in self._said:
            self._said.add(text)
            log.warning("%s", text)
