"""What a call is written down as: its REPORT line, and its numbers in CloudWatch under AWS's names and units."""

from __future__ import annotations

import threading
from typing import Final, NamedTuple, Protocol

from container.contract import MEBIBYTE
from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.plan import Variant
from local_test.emulator.hosting.pool import Lease
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.observe.report import Report
from local_test.emulator.observe.reports import Reports
from local_test.emulator.store import Key

INVOCATIONS: Final = "AWS/SageMaker"
RESOURCES: Final = "/aws/sagemaker/Endpoints"
MICROSECONDS: Final = 1_000_000
TOLD_SECONDS: Final = 5.0
"""How long a REPORT line waits for what the container says of its start: its log takes longer than its answer."""


class Spent(NamedTuple):
    """What a call took that reached an instance."""

    lease: Lease
    model_seconds: float
    """From the request to the container to its answer."""
    overhead_seconds: float
    """The rest: a cold start above all."""
    memory_bytes: int
    """The most the instance has used so far."""


class Result(Protocol):
    """An Answer or a ServiceError."""

    @property
    def status(self) -> int:
        """HTTP's."""


class Ledger:
    """Writes it down."""

    def __init__(self, metrics: Metrics, reports: Reports) -> None:
        self._metrics = metrics
        self._reports = reports

    def refused(self, endpoint: Key, variant: Variant, request_id: str, error: ServiceError) -> None:
        """A call that reached no instance. CloudWatch counts what was sent to a model, so it has nothing of this."""
        report = Report(request_id, endpoint.region, None, memory_mb=variant.memory_mb, outcome=_outcome(error))
        self._reports.add(endpoint.name, report)
        self._reports.tell(report)

    def performed(self, endpoint: Key, variant: Variant, request_id: str, spent: Spent, result: Result) -> None:
        """A call that an instance answered, or failed to."""
        running, cold = spent.lease.running, spent.lease.cold
        started = running.started
        report = Report(
            request_id=request_id,
            region=endpoint.region,
            duration_seconds=spent.model_seconds,
            cold_init_seconds=started.init_seconds if cold else None,
            start_parts=running.parts if cold else {},
            download_seconds=started.download_seconds if cold and variant.model_url else None,
            memory_mb=variant.memory_mb,
            max_used_bytes=spent.memory_bytes,
            provisioned=_is_provisioned(variant, spent.lease),
            outcome=_outcome(result),
        )
        self._reports.add(endpoint.name, report)
        self._count(endpoint, variant, spent, result)

        def write(wait_seconds: float = 0) -> None:
            running.told.wait(wait_seconds)
            self._reports.tell(report)
            running.stream.write(report.line().encode())

        if cold and not running.told.is_set():
            threading.Thread(target=write, args=(TOLD_SECONDS,), name="report", daemon=True).start()
        else:
            write()

    def _count(self, endpoint: Key, variant: Variant, spent: Spent, result: Result) -> None:
        def record(name: str, value: float, unit: str = "None", namespace: str = INVOCATIONS) -> None:
            dimensions = {"EndpointName": endpoint.name, "VariantName": variant.name}
            self._metrics.record(endpoint.region, namespace, name, value, unit, dimensions)

        status = _model_status(result)
        record("Invocations", 1)
        record("Invocation4XXErrors", 400 <= status < 500)
        record("Invocation5XXErrors", status >= 500)
        record("InvocationModelErrors", not 200 <= status < 300)
        record("ModelLatency", spent.model_seconds * MICROSECONDS, "Microseconds")
        record("OverheadLatency", spent.overhead_seconds * MICROSECONDS, "Microseconds")
        if variant.memory_mb is None:
            record("InvocationsPerInstance", 1 / max(1, variant.instances))
            return
        if spent.lease.cold:
            started = spent.lease.running.started
            setup = started.download_seconds + started.init_seconds
            record("ModelSetupTime", setup * MICROSECONDS, "Microseconds")
        if spent.memory_bytes:
            percent = 100 * spent.memory_bytes / (variant.memory_mb * MEBIBYTE)
            record("MemoryUtilization", percent, "Percent", RESOURCES)
        concurrent = spent.lease.concurrent
        record("ServerlessConcurrentExecutionsUtilization", concurrent / variant.max_concurrency)
        if variant.provisioned:
            provisioned = min(concurrent, variant.provisioned)
            spilled = not _is_provisioned(variant, spent.lease)
            record("ServerlessProvisionedConcurrencyExecutions", provisioned, "Count")
            record("ServerlessProvisionedConcurrencyUtilization", provisioned / variant.provisioned)
            record("ServerlessProvisionedConcurrencyInvocations", not spilled, "Count")
            record("ServerlessProvisionedConcurrencySpilloverInvocations", spilled, "Count")


def _is_provisioned(variant: Variant, lease: Lease) -> bool:
    """Instances aren't told apart: of the calls under way, the first so many are on provisioned concurrency."""
    return lease.concurrent <= variant.provisioned


def _model_status(result: Result) -> int:
    """The container's own; a failure to answer counts as a 5xx, as "Received server error (0)" has it."""
    if not isinstance(result, ServiceError):
        return result.status
    return int(result.fields.get("OriginalStatusCode", 0)) or 500


def _outcome(result: Result) -> str:
    if isinstance(result, ServiceError):
        if result.code == "ThrottlingException":
            return "throttled"
        return f"status {result.status} {result.code}: {result.fields.get('OriginalMessage', result.message)}"
    return "" if 200 <= result.status < 300 else f"status 424 ModelError: the container answered {result.status}"
