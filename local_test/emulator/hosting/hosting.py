"""Endpoints that run. The store says what an endpoint should be; here is what it is, and what becomes of a change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from local_test.emulator.aws import Aws
from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.call import Call, Reply, new_request_id, perform
from local_test.emulator.hosting.endpoint import Endpoint
from local_test.emulator.hosting.failures import invalid
from local_test.emulator.hosting.fleet import Fleet
from local_test.emulator.hosting.launcher import Launcher
from local_test.emulator.hosting.ledger import Ledger
from local_test.emulator.hosting.plan import Plan
from local_test.emulator.hosting.pool import Closed
from local_test.emulator.hosting.summary import Images
from local_test.emulator.instances.exchange import Answer, Question
from local_test.emulator.instances.starter import Starter
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.observe.reports import Reports
from local_test.emulator.options import Options
from local_test.emulator.store import Key, Kind, Store


class Hosting:
    """The running side of every endpoint. Methods that start something return at once; the store shows how it ends."""

    def __init__(
        self,
        store: Store,
        starter: Starter,
        aws: Aws,
        logs: LogStreams,
        metrics: Metrics,
        options: Options,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`report` takes the REPORT line of each call, from whichever thread answers it."""
        self._store = store
        self._starter = starter
        self._logs = logs
        self._options = options
        self._images = Images(aws)
        self.reports = Reports(report)
        self._ledger = Ledger(metrics, self.reports)
        self._lock = threading.Lock()
        self._endpoints: dict[Key, Endpoint] = {}

    def deploy(self, endpoint: Key) -> None:
        """Bring up an endpoint whose document is Creating or Updating, in the background.

        The control plane has written what is wanted: the document's EndpointConfigName; of an update, what was before
        is still running here. Ends by writing EndpointStatus, LastModifiedTime, ProductionVariants and so on into the
        document: InService; Failed with a FailureReason (creating); or, where an update's new variants don't pass their
        check, InService with the old configuration's name back and a FailureReason (the old have served all along).
        """
        self._endpoint(endpoint).deploy()

    def capacity(self, endpoint: Key, variant: str, desired: dict[str, Any]) -> None:
        """Change a variant of a document that is Updating: a member of DesiredWeightsAndCapacities."""
        self._endpoint(endpoint).capacity(variant, desired)

    def delete(self, endpoint: Key) -> None:
        """Stop an endpoint whose document is Deleting, and remove the document, in the background."""
        self._endpoint(endpoint).delete(lambda: self._forget(endpoint))

    def call(self, endpoint: Key, variant: str | None, question: Question, seconds: float, max_bytes: int) -> Answer:
        """`invoke`, where only the answer matters."""
        return self.invoke(endpoint, variant, question, seconds, max_bytes, new_request_id()).answer

    def invoke(
        self, endpoint: Key, variant: str | None, question: Question, seconds: float, max_bytes: int, request_id: str
    ) -> Reply:
        """One invocation: waits for an instance, asks it, reports. Whatever status the container answers comes back.

        `variant` None: the service chooses by weight. `request_id` is that of the REPORT line. Raises ServiceError
        where there is no answer to pass on: ThrottlingException, ModelError, ModelNotReadyException,
        ServiceUnavailable, ValidationError.
        """
        call = Call(endpoint, question, seconds, max_bytes, request_id)
        while True:
            fleet = self._fleet(endpoint)
            try:
                return perform(call, fleet.pool(variant), self._ledger)
            except Closed:
                if fleet is self._fleet(endpoint):
                    raise self._gone(endpoint) from None

    def cool(self, endpoint: Key) -> bool:
        """Send the instances away that no call is at and that aren't kept; False where nothing serves there."""
        with self._lock:
            running = self._endpoints.get(endpoint)
        fleet = running.fleet if running is not None else None
        if fleet is not None:
            fleet.cool()
        return fleet is not None

    def snapshot(self) -> list[dict[str, Any]]:
        """For `coppice local status` and the page: each endpoint's name, region, status, reason (of a failure),
        asynchronous, variants (as Plan.described) and instances: the variant, and what Pool.snapshot says."""
        shown = []
        for key, document in self._store.all(Kind.ENDPOINT):
            with self._lock:
                endpoint = self._endpoints.get(key)
            shown.append(
                {
                    "name": key.name,
                    "region": key.region,
                    "status": document["EndpointStatus"],
                    "reason": document.get("FailureReason"),
                    "asynchronous": "AsyncInferenceConfig" in document,
                    **(endpoint.snapshot() if endpoint is not None else {"variants": [], "instances": []}),
                }
            )
        return shown

    def restore(self) -> None:
        """After a start: serve again what the store says is InService, and finish what was under way."""
        for key, document in self._store.all(Kind.ENDPOINT):
            if document["EndpointStatus"] == "Deleting":
                self.delete(key)
            else:
                self._endpoint(key).serve_again(document)

    def close(self) -> None:
        """Stop every instance at once, and know of no endpoint; the store stays as it is."""
        with self._lock:
            endpoints, self._endpoints = list(self._endpoints.values()), {}
        closing = [threading.Thread(target=each.close, name="close", daemon=True) for each in endpoints]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    def _endpoint(self, key: Key) -> Endpoint:
        with self._lock:
            if key not in self._endpoints:
                self._endpoints[key] = Endpoint(key, self._store, self._new_fleet, self._images, self._options.limits)
            return self._endpoints[key]

    def _forget(self, key: Key) -> None:
        with self._lock:
            self._endpoints.pop(key, None)

    def _fleet(self, key: Key) -> Fleet:
        with self._lock:
            endpoint = self._endpoints.get(key)
        fleet = endpoint.fleet if endpoint is not None else None
        if fleet is None:
            raise self._gone(key)
        return fleet

    def _gone(self, key: Key) -> ServiceError:
        """Nothing serves it: it is deleted, or the emulator has just started or is about to end."""
        document = self._store.get(key)
        if document is None or document["EndpointStatus"] == "Deleting":
            return invalid(f"Endpoint {key.name} of account {ACCOUNT} not found.")
        return ServiceError("ServiceUnavailable", f"Endpoint {key.name} isn't up in the emulator. Try again.", 503)

    def _new_fleet(self, endpoint: Key, plan: Plan) -> Fleet:
        launcher = Launcher(endpoint, self._starter, self._logs, self._options.limits.stop_seconds)
        return Fleet(plan, launcher, self._options.idle_seconds)
