"""Endpoints that run. The store says what an endpoint should be; here is what it is, and what becomes of a change."""

from __future__ import annotations

from typing import Any

from local_test.emulator.aws import Aws
from local_test.emulator.instances.exchange import Answer, Question
from local_test.emulator.instances.starter import Starter
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.options import Options
from local_test.emulator.store import Key, Store


class Hosting:
    """The running side of every endpoint. Methods that start something return at once; the store shows how it ends."""

    def __init__(
        self, store: Store, starter: Starter, aws: Aws, logs: LogStreams, metrics: Metrics, options: Options
    ) -> None: ...

    def deploy(self, endpoint: Key) -> None:
        """Bring up an endpoint whose document is Creating or Updating, in the background.

        The control plane has written what is wanted: the document's EndpointConfigName; of an update, what was before
        is still running here. Ends by writing EndpointStatus, LastModifiedTime, ProductionVariants and so on into the
        document: InService; Failed with a FailureReason (creating); or, where an update's new variants don't pass their
        check, InService with the old configuration's name back and a FailureReason (the old ones have served all along).
        """
        raise NotImplementedError

    def capacity(self, endpoint: Key, variant: str, wanted: dict[str, Any]) -> None:
        """Change a variant of a document that is Updating: a member of DesiredWeightsAndCapacities."""
        raise NotImplementedError

    def delete(self, endpoint: Key) -> None:
        """Stop an endpoint whose document is Deleting, and remove the document, in the background."""
        raise NotImplementedError

    def call(self, endpoint: Key, variant: str | None, question: Question, seconds: float, max_bytes: int) -> Answer:
        """One invocation: waits for an instance, asks it, reports. Whatever status the container answers comes back.

        `variant` None: the service chooses by weight. Raises ServiceError where there is no answer to pass on:
        ThrottlingException, ModelError, ModelNotReadyException, ValidationError.
        """
        raise NotImplementedError

    def snapshot(self) -> list[dict[str, Any]]:
        """For `coppice local status`: each endpoint's name, region, status, and its instances: id, state (cold, busy,
        idle), memory used and memory size."""
        raise NotImplementedError

    def restore(self) -> None:
        """After a start: serve again what the store says is InService, and finish what was under way."""
        raise NotImplementedError

    def reset(self) -> None:
        """Stop every endpoint at once, and forget it."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop every instance; the store stays as it is."""
        raise NotImplementedError
