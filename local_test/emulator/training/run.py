"""One training job, from its input's download to its last word in the store."""

from __future__ import annotations

import logging
import shutil
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from local_test.emulator import jobs
from local_test.emulator.instances.instance import Backend, CannotStart, Exit, ImageNotFound, Instance, Launch, Program
from local_test.emulator.observe import metrics as cloudwatch
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.store import Document, Key, Store
from local_test.emulator.training import folder
from local_test.emulator.training.folder import InputError
from local_test.emulator.training.metrics import Metrics
from local_test.emulator.training.settings import HOST, Job

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
"""And the namespace of the metrics."""
INTERNAL_ERROR: Final = "InternalServerError: We encountered an internal error. Please try again."
STOP_SECONDS: Final = 120.0
"""From SIGTERM to SIGKILL, as documented for StopTrainingJob."""
TICK: Final = 0.1
REASON_CHARS: Final = 1024

log = logging.getLogger(__name__)


class _Failed(Exception):
    """The job fails; the message is its FailureReason."""


class Run(jobs.Job):
    """A training job that runs, in a folder that goes with it."""

    def __init__(
        self,
        key: Key,
        store: Store,
        backend: Backend,
        place_of: Callable[[str], str],
        s3: Any,
        address: str,
        logs: LogStreams,
        numbers: cloudwatch.Metrics,
        base: Path,
        stop_seconds: float,
    ) -> None:
        super().__init__(f"training-{key.name}")
        self._key = key
        self._store = store
        self._backend = backend
        self._place_of = place_of
        self._s3 = s3
        self._address = address
        self._logs = logs
        self._numbers = numbers
        self._base = base
        self._stop_seconds = stop_seconds

    def _run(self) -> None:
        status, secondary, reason = "Completed", "Completed", ""
        try:
            status, secondary = self._work()
        except (_Failed, InputError) as error:
            status, secondary, reason = "Failed", "Failed", str(error)
        except Exception:
            log.exception("training job %s", self._key.name)
            status, secondary, reason = "Failed", "Failed", INTERNAL_ERROR
        finally:
            shutil.rmtree(self._base, ignore_errors=True)
        if not self._abandoned:
            self._logs.flush()  # who sees the job's end looks for its log at once
            self._numbers.flush()
            self._store.change(self._key, lambda document: end(document, status, secondary, reason))

    def _work(self) -> tuple[str, str]:
        """The status and the secondary status that the job ends with."""
        document = self._store.get(self._key)
        if document is None:
            return "Stopped", "Stopped"
        job = Job(document)
        self._say("Downloading", "Downloading input data")
        folder.fill(self._s3, job, self._base)
        if self._cancelled.is_set():
            return "Stopped", "Stopped"
        self._say("Training", "Training image download completed. Training in progress.")
        metrics = Metrics(job.metrics, lambda name, value: self._count(job, name, value))
        began = time.time()
        self._change(lambda document: document.update(TrainingStartTime=began))
        ended, secondary = self._train(job, metrics)
        self._change(lambda document: document.update(FinalMetricDataList=metrics.final()))
        if secondary == "Completed" and ended.code != 0:
            raise _Failed(_reason(ended, folder.failure(self._base)))
        if self._abandoned:
            return "Stopped", "Stopped"
        self._say("Uploading", "Uploading generated training model")
        try:
            model = folder.upload(self._s3, job, self._base)
        except self._s3.exceptions.ClientError as error:
            raise _Failed(f"ClientError: Artifact upload failed: {error}") from None
        self._change(lambda document: document.update(ModelArtifacts={"S3ModelArtifacts": model}))
        return ("Completed" if secondary == "Completed" else "Stopped"), secondary

    def _train(self, job: Job, metrics: Metrics) -> tuple[Exit, str]:
        """Run the program to its end; what it wrote is in the folder then."""
        lines = self._logs.open(self._key.region, LOG_GROUP, f"{job.name}/{HOST}-{int(time.time())}")

        def take(line: bytes) -> None:
            lines.write(line)
            metrics.take(line)

        instance = self._launch(job, take)
        try:
            secondary = self._wait(instance, job.runtime_seconds)
            ended = instance.ended() or Exit(None, out_of_memory=False)
            if not self._abandoned:
                instance.collect()
            return ended, secondary
        except tarfile.TarError as error:  # such as a link that leads out of the folder
            raise _Failed(f"ClientError: Artifact upload failed: {error}") from None
        finally:
            instance.stop(0)

    def _launch(self, job: Job, lines: Callable[[bytes], None]) -> Instance:
        image = self._place_of(job.image)
        launch = Launch(
            owner=f"training-job/{job.name}",
            image=image,
            model=None,
            environment=job.environment(self._key.region, self._address),
            program=Program(self._base, job.command, job.entrypoint, job.isolated),
        )
        try:
            self._backend.resolve(image)
            return self._backend.start(launch, lines)
        except ImageNotFound as error:
            raise _Failed(f"ClientError: Cannot pull the training image: {error}") from None
        except CannotStart as error:
            raise _Failed(f"AlgorithmError: {error}") from None

    def _wait(self, instance: Instance, seconds: float) -> str:
        """Until it ends, is stopped, or has run for too long; the secondary status that this makes."""
        end = time.monotonic() + seconds
        while instance.ended() is None:
            if self._cancelled.wait(TICK):
                instance.end(0 if self._abandoned else self._stop_seconds)
                return "Stopped"
            if time.monotonic() > end:
                instance.end(self._stop_seconds)
                return "MaxRuntimeExceeded"
        return "Completed"

    def _count(self, job: Job, name: str, value: float) -> None:
        self._numbers.record(self._key.region, LOG_GROUP, name, value, "None", {"TrainingJobName": job.name})

    def _say(self, secondary: str, message: str) -> None:
        self._change(lambda document: transition(document, secondary, message))

    def _change(self, change: Callable[[Document], None]) -> None:
        if not self._abandoned:
            self._store.change(self._key, change)


def transition(document: Document, secondary: str, message: str) -> None:
    """The next of the document's SecondaryStatusTransitions."""
    now = round(time.time(), 3)
    transitions = document.setdefault("SecondaryStatusTransitions", [])
    if transitions:
        transitions[-1].setdefault("EndTime", now)
    transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
    if document["TrainingJobStatus"] == "InProgress":
        document["SecondaryStatus"] = secondary
    document["LastModifiedTime"] = now


def end(document: Document, status: str, secondary: str, reason: str) -> None:
    """The job's last word."""
    document["TrainingJobStatus"] = "InProgress"  # for its last transition: one that is Stopping shows no other
    transition(document, secondary, reason or f"Training job {secondary[0].lower() + secondary[1:]}")
    now = document["LastModifiedTime"]
    document["SecondaryStatusTransitions"][-1]["EndTime"] = now
    document.update(TrainingJobStatus=status, TrainingEndTime=now)
    if "TrainingStartTime" in document:
        seconds = max(1, round(now - document["TrainingStartTime"]))
        document.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
    if reason:
        document["FailureReason"] = reason[:REASON_CHARS]


def _reason(ended: Exit, failure: str) -> str:
    if ended.out_of_memory:
        return "AlgorithmError: the training container outgrew its memory, exit code: 137"
    before, after = "AlgorithmError: ", f", exit code: {'unknown' if ended.code is None else ended.code}"
    return f"{before}{failure[: REASON_CHARS - len(before) - len(after)]}{after}"
