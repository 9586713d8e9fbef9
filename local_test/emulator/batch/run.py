"""One transform job from its instances' start to its last word in the store."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from local_test.emulator import jobs
from local_test.emulator.aws import Aws
from local_test.emulator.batch.inputs import InputError, sources
from local_test.emulator.batch.records import BadRecord, Records
from local_test.emulator.batch.settings import Job
from local_test.emulator.batch.worker import Cancelled, Worker
from local_test.emulator.instances.instance import Instance
from local_test.emulator.instances.starter import Starter, StartFailed, Wanted
from local_test.emulator.limits import Limits
from local_test.emulator.model_container import Container, NoContainer, container_of
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.s3_objects import Place, Source
from local_test.emulator.store import Document, Key, Kind, Store

LOG_GROUP: Final = "/aws/sagemaker/TransformJobs"
INTERNAL_ERROR: Final = "InternalServerError: We encountered an internal error. Please try again."
REASON_CHARS: Final = 1024

log = logging.getLogger(__name__)


class _Failed(Exception):
    """The job fails; the message is its FailureReason."""


class Run(jobs.Job):
    """A transform job that runs."""

    def __init__(self, key: Key, store: Store, starter: Starter, aws: Aws, logs: LogStreams, limits: Limits) -> None:
        super().__init__(f"transform-{key.name}")
        self._key = key
        self._store = store
        self._starter = starter
        self._aws = aws
        self._logs = logs
        self._limits = limits
        self._wake = threading.Event()
        self._instances: list[Instance] = []

    def stop(self) -> None:
        """End soon, and Stopped."""
        super().stop()
        self._wake.set()

    def _run(self) -> None:
        written: list[Place] = []
        status, reason = "Completed", ""
        try:
            self._work(written)
        except Cancelled:
            status = "Stopped"
        except (_Failed, InputError) as error:
            status, reason = "Failed", str(error)
        except (BadRecord, NoContainer) as error:
            status, reason = "Failed", f"ClientError: {error}"
        except Exception:
            log.exception("transform job %s", self._key.name)
            status, reason = "Failed", INTERNAL_ERROR
        finally:
            self._stop_instances()
        if status == "Stopped" or self._abandoned:
            self._remove(written)
        if not self._abandoned:
            self._logs.flush()  # who sees the job's end looks for its log at once
            self._store.change(self._key, lambda document: _end(document, status, reason))

    def _work(self, written: list[Place]) -> None:
        document = self._store.get(self._key)
        if document is None:
            raise Cancelled
        job = Job(document)
        records = Records(job)
        container = container_of(self._store, Key(Kind.MODEL, self._key.region, job.model))
        s3 = self._aws.client("s3", self._key.region)
        found = sources(s3, job)
        shares = [found[first :: job.instances] for first in range(min(job.instances, len(found)))]
        with ThreadPoolExecutor(len(shares), "transform-instance") as pool:
            workers = self._each(pool, [lambda: self._worker(job, records, container, s3)] * len(shares))
            self._store.change(self._key, lambda document: document.update(TransformStartTime=time.time()))
            reasons = self._each(pool, [_share(*pair, written) for pair in zip(workers, shares, strict=True)])
        failures = [reason for of_worker in reasons for reason in of_worker]
        if failures:
            raise _Failed(failures[0])

    def _each(self, pool: ThreadPoolExecutor, tasks: list[Callable[[], Any]]) -> list[Any]:
        """The results of tasks that run at a time. When the job is cancelled, its instances stop, and so do they."""
        futures = [pool.submit(task) for task in tasks]
        for future in futures:
            future.add_done_callback(lambda _: self._wake.set())
        while not all(future.done() for future in futures):
            self._wake.wait()
            self._wake.clear()
            if self._cancelled.is_set():
                self._stop_instances()
        if self._cancelled.is_set():
            raise Cancelled
        return [future.result() for future in futures]

    def _worker(self, job: Job, records: Records, container: Container, s3: Any) -> Worker:
        stream = f"{job.name}/i-{secrets.token_hex(8)}"
        lines = self._logs.open(self._key.region, LOG_GROUP, stream)
        wanted = Wanted(
            region=self._key.region,
            owner=f"transform-job/{job.name}",
            image=container.image,
            model_url=container.model_url,
            environment=job.environment(container.environment),
            memory_mb=None,
            start_seconds=self._limits.real_time_start_seconds,
        )
        try:
            started = self._starter.start(wanted, lines.write, self._cancelled.is_set)
        except StartFailed as error:
            who = "ClientError" if error.image_missing or error.model_missing else "AlgorithmError"
            raise _Failed(f"{who}: {error}") from None
        self._instances.append(started.instance)
        data_log = self._logs.open(self._key.region, LOG_GROUP, f"{stream}/data-log")
        return Worker(job, records, s3, started.instance, data_log, self._cancelled.is_set)

    def _stop_instances(self) -> None:
        while self._instances:
            self._instances.pop().stop(self._limits.stop_seconds)

    def _remove(self, written: list[Place]) -> None:
        s3 = self._aws.client("s3", self._key.region)
        for place in written:
            s3.delete_object(Bucket=place.bucket, Key=place.key)


def _share(worker: Worker, share: list[Source], written: list[Place]) -> Callable[[], list[str]]:
    return lambda: worker.run(share, written)


def _end(document: Document, status: str, reason: str) -> None:
    document.update(TransformJobStatus=status, TransformEndTime=time.time())
    if reason:
        document["FailureReason"] = reason[:REASON_CHARS]
