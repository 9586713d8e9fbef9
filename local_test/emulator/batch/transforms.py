"""Transform jobs that run."""

from __future__ import annotations

import time

from local_test.emulator.aws import Aws
from local_test.emulator.batch.run import Run
from local_test.emulator.instances.starter import Starter
from local_test.emulator.jobs import Jobs
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.options import Options
from local_test.emulator.store import Document, Key, Kind, Store

ENDED_WITH_IT = "InternalServerError: coppice local ended while the job was under way."


class Transforms:
    """The running side of every transform job; the store shows how it ends."""

    def __init__(self, store: Store, starter: Starter, aws: Aws, logs: LogStreams, options: Options) -> None:
        self._store = store
        self._starter = starter
        self._aws = aws
        self._logs = logs
        self._limits = options.limits
        self._jobs = Jobs()

    def run(self, job: Key) -> None:
        """Start a job whose document is InProgress, in the background; it ends Completed, Failed or Stopped."""
        run = Run(job, self._store, self._starter, self._aws, self._logs, self._limits)
        self._jobs.start(job, run)

    def stop(self, job: Key) -> None:
        """Stop a job whose document is Stopping."""
        self._jobs.stop(job)

    def restore(self) -> None:
        """After a start: what was under way has failed, and its document says so."""
        for key, document in self._store.all(Kind.TRANSFORM_JOB):
            if document["TransformJobStatus"] in ("InProgress", "Stopping"):
                self._store.change(key, _failed)

    def close(self) -> None:
        """Stop every job at once, without a word in the store: the next start says what became of it."""
        self._jobs.close()


def _failed(document: Document) -> None:
    document.update(TransformJobStatus="Failed", FailureReason=ENDED_WITH_IT, TransformEndTime=time.time())
