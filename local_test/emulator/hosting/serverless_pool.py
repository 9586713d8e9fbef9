"""Instances of a serverless variant: one call each at a time, from zero up to MaxConcurrency, away when idle."""

from __future__ import annotations

import time

from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.launcher import Launcher, LaunchFailed, Running
from local_test.emulator.hosting.plan import Variant
from local_test.emulator.hosting.pool import Closed, Lease, Pool


class ServerlessPool(Pool):
    """A call takes an idle instance or starts one, and counts against MaxConcurrency from then on.

    Instances aren't told apart: as many as ProvisionedConcurrency stay warm, whichever they are.
    """

    def __init__(self, variant: Variant, launcher: Launcher, idle_seconds: float) -> None:
        super().__init__(variant, launcher)
        self._idle_seconds = idle_seconds

    def take(self, seconds: float) -> Lease:  # noqa: ARG002 - it waits for nobody
        """As Pool.take. Never waits for another call to end: what is over the limit is throttled."""
        with self._changed:
            if self._closing.is_set():
                raise Closed
            if self._calls >= self.variant.max_concurrency:
                raise throttled(self.variant)
            self._calls += 1
            concurrent = self._calls
        try:
            while (running := self._claim()) is not None and self._has_died(running):
                self._let_go(running)
            if running is not None:
                return Lease(running, False, concurrent)
            return Lease(self._start_for_a_call(), True, concurrent)
        except BaseException:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()
            raise

    def _claim(self) -> Running | None:
        """The idle one that was used last, so that the others get old."""
        with self._changed:
            idle = [running for running in self._alive() if not running.calls]
            running = max(idle, key=lambda one: one.idle_since, default=None)
            if running is not None:
                running.calls = 1
            return running

    def _let_go(self, running: Running) -> None:
        with self._changed:
            running.calls = 0

    def _start_for_a_call(self) -> Running:
        with self._changed:
            self._starting += 1
        try:
            return self._launch(calls=1)
        except LaunchFailed:
            if self._closing.is_set():
                raise Closed from None
            raise

    def _superfluous(self) -> list[Running]:
        alive = self._alive()
        spare = len(alive) - self.variant.provisioned
        before = time.monotonic() - self._idle_seconds
        old = [running for running in alive if not running.calls and running.idle_since <= before]
        return sorted(old, key=lambda running: running.idle_since)[: max(0, spare)]


def throttled(variant: Variant) -> ServiceError:
    """The code is AWS's, which sends 400 and no message with it (ml-commons#2429); saying why is ours."""
    return ServiceError(
        "ThrottlingException",
        f"Rate exceeded: variant {variant.name} answers {variant.max_concurrency} calls at a time (MaxConcurrency).",
    )
