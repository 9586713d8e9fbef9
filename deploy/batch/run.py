"""Runs a transform job: makes its model if it has none, starts it, follows it to its end, and cleans up after it.

A model made for a job carries the job's name and the tag `coppice:batch`, and is deleted when the job has ended, also
when another command than the one that started it sees the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from deploy.aws.logs import LogEvent
from deploy.aws.s3 import S3Uri
from deploy.aws.transform import COMPLETED, ENDED, LOG_GROUP, STOPPED, Job
from deploy.batch.plan import Plan
from deploy.batch.request import BATCH
from deploy.endpoint.log_lines import render
from deploy.errors import DeployError, Missing

POLL_SECONDS: Final = 10
LOG_LINES: Final = 20


Step = Callable[[str], AbstractContextManager[Any]]
"""Shows one step while it runs."""


class Jobs(Protocol):
    """What is asked of the transform jobs here."""

    def create(self, request: Mapping[str, Any]) -> str:
        """Start one; its ARN."""

    def describe(self, name: str) -> Job | None:
        """One as it is now."""

    def stop(self, name: str) -> None:
        """Ask one to stop."""


class Models(Protocol):
    """What is asked of SageMaker's models here."""

    def create_model(self, request: Mapping[str, Any]) -> str:
        """Make one; its ARN."""

    def model(self, name: str) -> Mapping[str, Any] | None:
        """DescribeModel's answer."""

    def tags(self, arn: str) -> Mapping[str, str]:
        """A resource's tags."""

    def delete_model(self, name: str) -> None:
        """Remove one; it may be gone already."""


class Objects(Protocol):
    """What is asked of S3 here."""

    def create_bucket(self, bucket: str) -> None:
        """Make one."""

    def upload(self, file: Path, uri: S3Uri) -> None:
        """Put a file there."""

    def changed_since(self, prefix: S3Uri, moment: dt.datetime) -> list[str]:
        """The keys written since then."""


class Logs(Protocol):
    """What is asked of CloudWatch's logs here."""

    def last(self, group: str, count: int, milliseconds: int, streams: str) -> list[LogEvent]:
        """The last lines since then of the streams whose name begins so."""


@dataclass(frozen=True)
class Ended:
    """A job that has ended, and the addresses of the answers it wrote."""

    job: Job
    outputs: tuple[str, ...]


class JobFailed(DeployError):
    """A transform job ended without its answers; the hint has the last lines of its log."""

    code = "batch_failed"


class Batch:
    """The jobs of one account and region. `sleep` waits that many seconds."""

    def __init__(
        self, jobs: Jobs, models: Models, objects: Objects, logs: Logs, sleep: Callable[[float], None]
    ) -> None:
        self._jobs = jobs
        self._models = models
        self._objects = objects
        self._logs = logs
        self._sleep = sleep

    def prepare(self, plan: Plan, step: Step) -> None:
        """Upload what is still on this machine."""
        if plan.creates_bucket:
            with step(f"create bucket {plan.creates_bucket}"):
                self._objects.create_bucket(plan.creates_bucket)
        for upload in plan.uploads:
            with step(f"upload {upload.file.name}"):
                self._objects.upload(upload.file, upload.uri)

    def start(self, request: Mapping[str, Any], own_model: Mapping[str, Any] | None) -> str:
        """Start a job, after making its own model where it needs one; the job's ARN. No model is left without a job."""
        name = request["TransformJobName"]
        if own_model is None:
            return self._jobs.create(request)
        try:
            self._models.create_model(own_model)
            return self._jobs.create(request)
        except BaseException:
            if self._jobs.describe(name) is None:  # an interrupted call may have arrived all the same
                self._models.delete_model(own_model["ModelName"])
            raise

    def follow(self, name: str, update: Callable[[str], None], objects: int | None = None) -> Ended:
        """Wait for a job's end, telling `update` what it is at, and clean up. `objects` is how many it reads, if known.

        Raises Missing where there is no such job, and JobFailed with its last log lines.
        """
        while (job := self.job(name)).status not in ENDED:
            update(self._progress(job, objects))
            self._sleep(POLL_SECONDS)
        update(job.status)
        self._clean_up(job)
        if job.status != COMPLETED:
            raise self._failure(job)
        return Ended(job, tuple(self._outputs(job)))

    def stop(self, name: str, update: Callable[[str], None]) -> Job:
        """Stop a job, wait until it has, and clean up; a job that has ended stays as it is."""
        if self.job(name).status not in (*ENDED, "Stopping"):
            self._jobs.stop(name)
        while (job := self.job(name)).status not in ENDED:
            update(job.status)
            self._sleep(POLL_SECONDS)
        update(job.status)
        self._clean_up(job)
        return job

    def job(self, name: str) -> Job:
        """A job as it is now; raises Missing."""
        job = self._jobs.describe(name)
        if job is None:
            raise Missing(
                f"There is no transform job {name} in this region.", "See them: aws sagemaker list-transform-jobs"
            )
        return job

    def _progress(self, job: Job, objects: int | None) -> str:
        if job.started is None:
            return f"{job.status}, machines are starting"
        of = "" if objects is None else f" of {objects:,}"
        return f"{job.status}, {len(self._outputs(job)):,}{of} objects answered"

    def _outputs(self, job: Job) -> list[str]:
        place = S3Uri.parse(job.output.rstrip("/") + "/")
        keys = self._objects.changed_since(place, job.created)
        return [str(S3Uri(place.bucket, key)) for key in keys if key.endswith(".out")]

    def _clean_up(self, job: Job) -> None:
        model = self._models.model(job.model)
        if model is not None and self._models.tags(model["ModelArn"]).get(BATCH) == job.name:
            self._models.delete_model(job.model)

    def _failure(self, job: Job) -> JobFailed:
        if job.status == STOPPED:
            return JobFailed(f"The transform job {job.name} was stopped; SageMaker keeps none of its answers then.")
        events = self._logs.last(LOG_GROUP, LOG_LINES, int(job.created.timestamp() * 1000), f"{job.name}/")
        seen = "\n".join(map(render, events)) if events else f"Its log is in {LOG_GROUP}, {job.name}/…"
        reason = job.reason or "SageMaker gave no reason"
        return JobFailed(
            f"The transform job {job.name} failed: {reason.rstrip('.')}.",
            f"{seen}\nTry the rows on your machine first: coppice serve model.tar.gz, and POST them to /invocations",
        )
