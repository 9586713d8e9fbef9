"""One endpoint's life: steps that follow one another in the background, and write into the store how they end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from local_test.emulator.hosting.fleet import Fleet, Unhealthy
from local_test.emulator.hosting.plan import (
    NoConfig,
    Plan,
    change_done,
    forget,
    note_change,
    noted_changes,
    read_plan,
    remember,
    remembered,
)
from local_test.emulator.hosting.summary import Images, summaries
from local_test.emulator.limits import Limits
from local_test.emulator.model_container import NoContainer
from local_test.emulator.store import Document, Key, Store

log = logging.getLogger(__name__)
NewFleet = Callable[[Key, Plan], Fleet]


class Endpoint:
    """What runs of an endpoint. Steps come from the control plane; calls go to `fleet`."""

    def __init__(self, key: Key, store: Store, new_fleet: NewFleet, images: Images, limits: Limits) -> None:
        self.key = key
        self.fleet: Fleet | None = None
        """Serves; None while there is nothing that could."""
        self._store = store
        self._new_fleet = new_fleet
        self._images = images
        self._limits = limits
        self._lock = threading.Lock()
        self._last: threading.Thread | None = None
        self._waiting = 0
        self._leaving: Fleet | None = None
        """Serves no new calls, and still has some to end."""
        self._coming: Fleet | None = None
        """Is being brought up, and serves no calls yet."""
        self._cancelled = threading.Event()
        self._closed = threading.Event()

    def deploy(self) -> None:
        """Bring up what the document asks for, and put it in the place of what serves now."""
        self._then(self._deploy)

    def capacity(self, variant: str, desired: dict[str, Any]) -> None:
        """Change a variant."""
        note_change(self._store, self.key, variant, desired)
        self._then(partial(self._resize, variant, desired))

    def delete(self, removed: Callable[[], None]) -> None:
        """Give up what is being brought up, let calls end, stop everything, and remove the document."""
        self._cancelled.set()
        self._then(lambda: self._delete(removed))

    def serve_again(self, document: Document) -> None:
        """After a start of the emulator: serve what was served before, without a check, and finish what was begun."""
        plan = remembered(self._store, self.key)
        if plan is not None:
            self._serve_with(self._new_fleet(self.key, plan))
        changes = noted_changes(self._store, self.key)
        for variant, desired in changes:
            self._then(partial(self._resize, variant, desired))
        if not changes and document["EndpointStatus"] in ("Creating", "Updating"):
            self.deploy()

    def snapshot(self) -> dict[str, Any]:
        """The variants that serve, or will; the instances, also of what comes and of what still has calls to end."""
        with self._lock:
            fleets = [fleet for fleet in (self.fleet, self._coming, self._leaving) if fleet is not None]
        instances = [shown for fleet in dict.fromkeys(fleets) for shown in fleet.snapshot()]
        return {"variants": fleets[0].plan.described() if fleets else [], "instances": instances}

    def close(self) -> None:
        """Stop whatever runs, at once; the store stays as it is."""
        self._cancelled.set()
        with self._lock:
            self._closed.set()
            last, fleets = self._last, (self.fleet, self._leaving)
        for fleet in fleets:
            if fleet is not None:
                fleet.close(drain=False)
        if last is not None:
            last.join()

    def _then(self, step: Callable[[], None]) -> None:
        """Do a step after those before."""
        with self._lock:
            before = self._last
            self._waiting += 1

            def run() -> None:
                if before is not None:
                    before.join()
                with self._lock:
                    self._waiting -= 1
                try:
                    if not self._closed.is_set():
                        step()
                except Exception:
                    log.exception("endpoint %s", self.key.name)
                    self._end("Failed" if self.fleet is None else "InService", "The emulator failed; its log says why.")

            self._last = threading.Thread(target=run, name=f"endpoint-{self.key.name}", daemon=True)
            self._last.start()

    def _deploy(self) -> None:
        document = self._store.get(self.key)
        if document is None or self._cancelled.is_set():
            return
        try:
            asked = read_plan(self._store, self.key, document["EndpointConfigName"], self._limits)
            plan = asked.retaining(document.get("RetainedVariantProperties", {}))
            plan = plan.pinned(partial(self._images.resolved, self.key.region))
            fleet = self._brought_up(plan)
        except (NoConfig, NoContainer, Unhealthy) as failure:
            self._not_deployed(str(failure))
            return
        before = self.fleet
        if self._cancelled.is_set() or not self._serve_with(fleet):
            self._coming = None
            fleet.close(drain=False)
            return
        remember(self._store, self.key, plan)
        self._end("InService")
        self._retire(before)

    def _serve_with(self, fleet: Fleet) -> bool:
        """Calls go there from now on, unless everything ends."""
        with self._lock:
            if self._closed.is_set():
                return False
            self.fleet, self._coming = fleet, None
            fleet.keep()
            return True

    def _brought_up(self, plan: Plan) -> Fleet:
        fleet = self._coming = self._new_fleet(self.key, plan)
        try:
            fleet.check(self._cancelled.is_set)
        except BaseException:
            self._coming = None
            fleet.close(drain=False)
            raise
        return fleet

    def _not_deployed(self, reason: str) -> None:
        """A new endpoint has failed; an update is rolled back to what has served all along."""
        if self._cancelled.is_set():
            return
        if self.fleet is None:
            self._end("Failed", reason)
        else:
            self._end("InService", reason, rolled_back=True)

    def _resize(self, variant: str, desired: dict[str, Any]) -> None:
        fleet, reason = self.fleet, None
        if fleet is None or self._cancelled.is_set():
            return
        try:
            fleet.resize(variant, desired, self._cancelled.is_set)
        except Unhealthy as failure:
            reason = str(failure)
        if not self._cancelled.is_set():
            change_done(self._store, self.key, fleet.plan)
            self._end("InService", reason)

    def _delete(self, removed: Callable[[], None]) -> None:
        fleet, self.fleet = self.fleet, None
        self._retire(fleet)
        if self._closed.is_set():
            return
        removed()
        forget(self._store, self.key)
        self._store.delete(self.key)

    def _retire(self, fleet: Fleet | None) -> None:
        """Let its calls end, unless everything ends now."""
        with self._lock:
            self._leaving = fleet
        if fleet is not None:
            fleet.close(drain=not self._closed.is_set())
        self._leaving = None

    def _end(self, status: str, reason: str | None = None, rolled_back: bool = False) -> None:
        """Write how a step ended. Where another waits already, its status stays: what is asked isn't done yet."""
        fleet = self.fleet
        with self._lock:
            waiting = self._waiting
        variants = summaries(fleet.plan) if fleet is not None else []

        def change(document: Document) -> None:
            if not waiting:
                document["EndpointStatus"] = status
            before = document.get("ConfigBefore", {}) if rolled_back else {}
            for name in ("FailureReason", "RetainedVariantProperties", "ConfigBefore", *before):
                document.pop(name, None)
            document.update({name: value for name, value in before.items() if value is not None})
            if reason is not None:
                document["FailureReason"] = reason
            if variants:
                document["ProductionVariants"] = variants
            document["LastModifiedTime"] = time.time()

        self._store.change(self.key, change)
