"""The pools of one configuration: what an endpoint serves with until another takes its place."""

from __future__ import annotations

import random
from typing import Any

from local_test.emulator.hosting.failures import failure_reason, invalid
from local_test.emulator.hosting.launcher import Launcher, LaunchFailed
from local_test.emulator.hosting.plan import Plan, Variant
from local_test.emulator.hosting.pool import Cancelled, Pool
from local_test.emulator.hosting.real_time_pool import RealTimePool
from local_test.emulator.hosting.serverless_pool import ServerlessPool


class Unhealthy(Exception):
    """A variant's instances don't start; the message is for FailureReason."""


class Fleet:
    """A pool for each variant."""

    def __init__(self, plan: Plan, launcher: Launcher, idle_seconds: float) -> None:
        self.plan = plan
        self._pools: dict[str, Pool] = {
            variant.name: _pool(variant, launcher, idle_seconds) for variant in plan.variants
        }

    def check(self, cancelled: Cancelled) -> None:
        """Bring up what is kept of each variant, and see that the others would start. Raises Unhealthy."""
        for pool in self._pools.values():
            try:
                pool.check(cancelled)
            except LaunchFailed as failure:
                raise Unhealthy(failure_reason(pool.variant, failure)) from None

    def keep(self) -> None:
        """From now on, replace what dies."""
        for pool in self._pools.values():
            pool.keep()

    def resize(self, name: str, desired: dict[str, Any], cancelled: Cancelled) -> None:
        """Give a variant another capacity and weight, as Variant.changed has it. Raises Unhealthy; then it stays as it
        was."""
        pool = self._pools[name]
        variant = pool.variant.changed(desired)
        try:
            pool.resize(variant, cancelled)
        except LaunchFailed as failure:
            raise Unhealthy(failure_reason(variant, failure)) from None
        self.plan = self.plan.with_variant(variant)

    def pool(self, variant: str | None) -> Pool:
        """The pool of a variant, chosen by weight where none is named. Raises ValidationError."""
        if variant is None:
            weights = [each.weight for each in self.plan.variants]
            if not any(weights):
                raise invalid("No variant of the endpoint has a weight above 0.")
            variant = random.choices(self.plan.variants, weights)[0].name  # noqa: S311 - nobody has to be surprised
        if variant not in self._pools:
            raise invalid(f"Variant {variant} not found. The endpoint has: {', '.join(self._pools)}.")
        return self._pools[variant]

    def cool(self) -> None:
        """As Pool.cool, of all."""
        for pool in self._pools.values():
            pool.cool()

    def snapshot(self) -> list[dict[str, Any]]:
        """Every instance, as Pool.snapshot has it, with its variant."""
        return [{"variant": name, **shown} for name, pool in self._pools.items() for shown in pool.snapshot()]

    def close(self, *, drain: bool) -> None:
        """As Pool.close, of all."""
        for pool in self._pools.values():
            pool.close(drain=drain)


def _pool(variant: Variant, launcher: Launcher, idle_seconds: float) -> Pool:
    if variant.memory_mb is None:
        return RealTimePool(variant, launcher)
    return ServerlessPool(variant, launcher, idle_seconds)
