"""Training jobs that run."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from local_test.emulator.aws import Aws
from local_test.emulator.instances.instance import Backend
from local_test.emulator.jobs import Jobs
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.store import Document, Key, Kind, Store
from local_test.emulator.training.run import STOP_SECONDS, Run, end

ENDED_WITH_IT = "InternalServerError: coppice local ended while the job was under way."


class Trainings:
    """The running side of every training job; the store shows how it ends."""

    def __init__(
        self,
        store: Store,
        backend: Backend,
        place_of: Callable[[str], str],
        aws: Aws,
        address: str,
        logs: LogStreams,
        metrics: Metrics,
        folder: Path,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """`folder` is the emulator's own; `address` is where AWS's clients in a job reach it."""
        self._store = store
        self._backend = backend
        self._place_of = place_of
        self._aws = aws
        self._address = address
        self._logs = logs
        self._metrics = metrics
        self._folder = folder
        self._stop_seconds = stop_seconds
        self._jobs = Jobs()

    def run(self, job: Key) -> None:
        """Start a job whose document is InProgress, in the background; it ends Completed, Failed or Stopped."""
        base = self._folder / uuid.uuid4().hex
        s3 = self._aws.client("s3", job.region)
        outward = (self._address, self._logs, self._metrics)
        run = Run(job, self._store, self._backend, self._place_of, s3, *outward, base, self._stop_seconds)
        self._jobs.start(job, run)

    def stop(self, job: Key) -> None:
        """Stop a job whose document is Stopping."""
        self._jobs.stop(job)

    def restore(self) -> None:
        """After a start: what was under way has failed, and its document says so."""
        for key, document in self._store.all(Kind.TRAINING_JOB):
            if document["TrainingJobStatus"] in ("InProgress", "Stopping"):
                self._store.change(key, _failed)

    def close(self) -> None:
        """Stop every job at once, without a word in the store: the next start says what became of it."""
        self._jobs.close()


def _failed(document: Document) -> None:
    end(document, "Failed", "Failed", ENDED_WITH_IT)
