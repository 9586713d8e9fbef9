"""The instances of one variant: so many are kept, more come and go with the calls, and what died is replaced."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from local_test.emulator.hosting.launcher import Launcher, LaunchFailed, Running
from local_test.emulator.hosting.plan import Variant
from local_test.emulator.instances.instance import Exit

LOOK_SECONDS: Final = 0.5
"""How often the keeper looks at instances that nobody calls."""
LONGEST_RETRY_SECONDS: Final = 30.0
DEATH_SECONDS: Final = 2.0
"""How long after a connection broke an instance may take to be seen dead."""

Cancelled = Callable[[], bool]

log = logging.getLogger(__name__)


class Closed(Exception):
    """The pool gives out no more instances."""


class Lease(NamedTuple):
    """An instance for one call."""

    running: Running
    cold: bool
    """It was started for this call."""
    concurrent: int
    """Calls under way in the pool, this one included."""


class Pool(ABC):
    """A pool. Instances are started, stopped and asked outside of the lock, which guards the rest."""

    def __init__(self, variant: Variant, launcher: Launcher) -> None:
        self.variant = variant
        self._launcher = launcher
        self._changed = threading.Condition()
        self._all: list[Running] = []
        self._starting = 0
        self._launches: list[float] = []
        """When those of them began that aren't still in a queue."""
        self._calls = 0
        self._closing = threading.Event()
        self._hurry = False
        self._keeper: threading.Thread | None = None

    def check(self, cancelled: Cancelled) -> None:
        """Start what is kept, or one instance where none is, to see that the variant works. Raises LaunchFailed."""
        with self._changed:
            count = self._starting = max(1, self.variant.kept())
        started = self._start(count, cancelled)
        if not self.variant.kept():
            self._remove(started, at_once=True)  # they have nothing to finish, and who ignores SIGTERM takes long

    def keep(self) -> None:
        """From now on, keep as many instances as there should be."""
        self._keeper = threading.Thread(target=self._keep, name=f"pool-{self.variant.name}", daemon=True)
        self._keeper.start()

    def resize(self, variant: Variant, cancelled: Cancelled) -> None:
        """Take another capacity. Raises LaunchFailed where the instances it adds don't start; then nothing changes."""
        with self._changed:
            before, self.variant = self.variant, variant  # at once, or the keeper would stop what is being added
            missing = self._missing()
        try:
            self._start(missing, cancelled)
        except LaunchFailed:
            with self._changed:
                self.variant = before
            raise

    @abstractmethod
    def take(self, seconds: float) -> Lease:
        """An instance for a call, which has to be given back. Raises Closed; LaunchFailed; ServiceError where the
        limits forbid it, or where there is none within `seconds`."""

    def give_back(self, running: Running) -> None:
        """A call has ended, however."""
        with self._changed:
            self._calls -= 1
            running.calls -= 1
            running.idle_since = time.monotonic()
            self._changed.notify_all()

    def end_of(self, running: Running) -> Exit | None:
        """How an instance whose connection broke has ended; None where it lives on."""
        deadline = time.monotonic() + DEATH_SECONDS
        while (end := running.instance.ended()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return end

    def cool(self) -> None:
        """Stop, now, what could go when it has been idle for long enough."""
        with self._changed:
            kept = self._kept()
            going = [running for running in self._all if not running.calls and running not in kept]
            self._all = [running for running in self._all if running not in going]
        self._launcher.stop(going, at_once=True)

    def snapshot(self) -> list[dict[str, Any]]:
        """Each instance: id, state (cold, busy, idle), age_seconds (of a cold one, since its start began), calls under
        way, kept (it stays without calls), memory_now_bytes, memory_bytes (the most so far), memory_mb (the size)."""
        now = time.monotonic()
        with self._changed:
            instances = [(running, running.calls) for running in self._all]
            kept = self._kept()
            ages = [now - began for began in self._launches]
            ages += [0.0] * (self._starting - len(ages))
        shown = [
            _shown(one.instance.id, "busy" if calls else "idle", now - one.ready_since)
            | {"calls": calls, "kept": one in kept}
            | {"memory_now_bytes": one.instance.memory_now(), "memory_bytes": one.instance.memory_bytes()}
            for one, calls in instances
        ]
        shown += [_shown("", "cold", age) for age in ages]
        return [{**one, "memory_mb": self.variant.memory_mb} for one in shown]

    def close(self, *, drain: bool) -> None:
        """Give out no more and stop every instance. `drain` waits for the calls under way, each of which has a limit,
        unless another thread closes without."""
        self._closing.set()
        with self._changed:
            self._hurry = self._hurry or not drain
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._hurry or not self._calls)
        if self._keeper is not None:
            self._keeper.join()
        with self._changed:
            self._changed.wait_for(lambda: not self._starting)
            instances, self._all = self._all, []
        self._launcher.stop(instances, at_once=self._hurry)

    @abstractmethod
    def _superfluous(self) -> list[Running]:
        """Instances without a call that may go. Called under the lock."""

    def _kept(self) -> list[Running]:
        """Those without a call that would stay: the others have been idle for longer. Called under the lock."""
        alive = self._alive()
        idle = sorted((one for one in alive if not one.calls), key=lambda one: one.idle_since)
        return idle[max(0, len(alive) - self.variant.kept()) :]

    def _alive(self) -> list[Running]:
        """Called under the lock."""
        return [running for running in self._all if not running.dead]

    def _has_died(self, running: Running) -> bool:
        """Ask it, which may take Docker's time: not under the lock. What has died is the keeper's to remove."""
        if running.instance.ended() is None:
            return False
        with self._changed:
            running.dead = True
        return True

    def _launch(self, cancelled: Cancelled = lambda: False, calls: int = 0) -> Running:
        """Start one more, which is the caller's to count in `_starting` before; it comes with so many calls, so that
        nobody else takes it. Raises LaunchFailed."""
        running, began = None, time.monotonic()
        with self._changed:
            self._launches.append(began)
        try:
            running = self._launcher.launch(self.variant, lambda: self._closing.is_set() or cancelled())
        finally:
            with self._changed:
                self._starting -= 1
                self._launches.remove(began)
                if running is not None:
                    running.calls = calls
                    self._all.append(running)
                self._changed.notify_all()
        return running

    def _missing(self) -> int:
        """How many are to be started so that there are as many as should be; counted in `_starting` from now on. Called
        under the lock."""
        missing = max(0, self.variant.kept() - len(self._alive()) - self._starting)
        self._starting += missing
        return missing

    def _start(self, count: int, cancelled: Cancelled) -> list[Running]:
        """Start so many at once, counted in `_starting` before. Raises LaunchFailed, and then keeps none of them."""
        if not count:
            return []
        started: list[Running] = []
        failures: list[LaunchFailed] = []

        def launch(_: int) -> None:
            try:
                started.append(self._launch(lambda: bool(failures) or cancelled()))
            except LaunchFailed as failure:
                failures.append(failure)

        with ThreadPoolExecutor(count, thread_name_prefix="start") as threads:
            list(threads.map(launch, range(count)))
        if failures:
            self._remove(started)
            raise failures[0]
        return started

    def _remove(self, instances: list[Running], *, at_once: bool = False) -> None:
        with self._changed:
            self._all = [running for running in self._all if running not in instances]
        self._launcher.stop(instances, at_once=at_once)

    def _stop_superfluous(self) -> None:
        """Those that died, too."""
        with self._changed:
            instances = list(self._all)
        for running in instances:
            self._has_died(running)
        with self._changed:
            going = [running for running in self._all if running.dead and not running.calls]
            going += [running for running in self._superfluous() if running not in going]
            self._all = [running for running in self._all if running not in going]
        self._launcher.stop(going)

    def _keep(self) -> None:
        retry, not_before = LOOK_SECONDS, 0.0
        while not self._closing.wait(LOOK_SECONDS):
            self._stop_superfluous()
            if time.monotonic() < not_before:
                continue
            with self._changed:
                missing = self._missing()
            try:
                self._start(missing, self._closing.is_set)
                retry = LOOK_SECONDS
            except Exception as failure:  # noqa: BLE001 - whatever it is, there is another try
                if self._closing.is_set():
                    return
                log.warning("%s: no instance in place of one that is missing: %s", self.variant.name, failure)
                retry = min(2 * retry, LONGEST_RETRY_SECONDS)
                not_before = time.monotonic() + retry


def _shown(name: str, state: str, age: float) -> dict[str, Any]:
    """An instance of which no more is known."""
    nothing = {"calls": 0, "kept": False, "memory_now_bytes": 0, "memory_bytes": 0}
    return {"id": name, "state": state, "age_seconds": round(age, 1), **nothing}
