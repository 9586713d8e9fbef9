"""Endpoints in AWS. What a call took is only known to its caller; the rest CloudWatch has, a few minutes later."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from container.contract import MEBIBYTE
from deploy.aws.cloudwatch import Metrics, Series
from deploy.aws.invocation import Call
from deploy.endpoint.names import VARIANT
from deploy.tune.endpoints import Endpoints
from deploy.tune.target import Answered, Outcome

METRICS_SECONDS: Final = 300
"""How long CloudWatch may take to show what was measured."""
LOOK_SECONDS: Final = 15
_MEMORY: Final = Series("/aws/sagemaker/Endpoints", "MemoryUtilization", "Maximum", 60)


class Deployed:
    """A Target. Its first call after it was brought up anew counts as a cold one."""

    name = "aws"
    notes = (
        "measured in AWS: latency is the caller's, network included; memory is CloudWatch's",
        "which of several clients' calls started an instance, AWS doesn't say: they are counted as warm ones",
    )

    def __init__(
        self,
        endpoints: Endpoints,
        metrics: Metrics,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        patience: float = METRICS_SECONDS,
    ) -> None:
        self._endpoints = endpoints
        self._metrics = metrics
        self._sleep = sleep
        self._clock = clock
        self._patience = patience
        self._began = clock()
        self._cold: set[int] = set()

    def place(self, memory_mb: int) -> None:
        """As Target has it."""
        self._endpoints.create(memory_mb)
        self._cold.add(memory_mb)

    def cool(self, memory_mb: int) -> None:
        """As Target has it: an update to an equal configuration, which takes AWS minutes."""
        if memory_mb not in self._cold:
            self._endpoints.renew(memory_mb)
            self._cold.add(memory_mb)

    def call(self, memory_mb: int, call: Call) -> Answered:
        """As Target has it."""
        cold = memory_mb in self._cold
        self._cold.discard(memory_mb)
        answered, _ = self._endpoints.call(memory_mb, call)
        if cold and answered.outcome is Outcome.ok:
            whole = {"start and first answer": answered.client_ms}
            return answered._replace(cold_init_ms=answered.client_ms, duration_ms=0.0, start_ms=whole)
        return answered

    def peak_bytes(self, memory_mb: int) -> int:
        """As Target has it; waits until CloudWatch has heard of it."""
        end = self._clock() + self._patience
        while True:
            percents = self._read(memory_mb, _MEMORY)
            if percents or self._clock() >= end:
                return round(max(percents.values(), default=0.0) / 100 * memory_mb * MEBIBYTE)
            self._sleep(LOOK_SECONDS)

    def remove(self, memory_mb: int) -> None:
        """As Target has it."""
        self._endpoints.delete(memory_mb)

    def left(self) -> tuple[str, ...]:
        """As Target has it."""
        return self._endpoints.left()

    def _read(self, memory_mb: int, series: Series) -> Mapping[float, float]:
        dimensions = {"EndpointName": self._endpoints.name(memory_mb), "VariantName": VARIANT}
        (values,) = self._metrics.read([series], dimensions, self._began - 60, self._clock() + 60)
        return values
