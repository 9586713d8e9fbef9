"""Instances of a real-time variant: a fixed number, each answering as many calls at once as its container will."""

from __future__ import annotations

import time

from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.launcher import Running
from local_test.emulator.hosting.pool import Closed, Lease, Pool


class RealTimePool(Pool):
    """A call goes to the instance with the fewest."""

    def take(self, seconds: float) -> Lease:
        """As Pool.take. Where no instance lives, one in its place is waited for."""
        deadline = time.monotonic() + seconds
        while self._has_died((lease := self._claim(deadline)).running):
            self.give_back(lease.running)
        return lease

    def _claim(self, deadline: float) -> Lease:
        with self._changed:
            while not self._closing.is_set():
                running = min(self._serving(), key=lambda one: one.calls, default=None)
                if running is not None:
                    running.calls += 1
                    self._calls += 1
                    return Lease(running, False, self._calls)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ServiceError(
                        "ServiceUnavailable", f"Variant {self.variant.name} has no instance that could answer.", 503
                    )
                self._changed.wait(left)
            raise Closed

    def _serving(self) -> list[Running]:
        return self._alive()[: self.variant.instances]

    def _superfluous(self) -> list[Running]:
        serving = self._serving()
        return [running for running in self._all if running not in serving and not running.calls]
