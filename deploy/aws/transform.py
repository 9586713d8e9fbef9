"""SageMaker's batch transform jobs."""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import botocore.session

from deploy.aws.errors import found
from deploy.aws.sagemaker import eventually
from deploy.aws.session import Session

COMPLETED: Final = "Completed"
FAILED: Final = "Failed"
STOPPED: Final = "Stopped"
ENDED: Final = (COMPLETED, FAILED, STOPPED)

LOG_GROUP: Final = "/aws/sagemaker/TransformJobs"
"""Where the containers of all jobs write; a job's streams start with its name."""


class Job(NamedTuple):
    """A job as SageMaker tells it."""

    name: str
    arn: str
    status: str
    reason: str
    model: str
    input: str
    output: str
    created: dt.datetime
    started: dt.datetime | None
    ended: dt.datetime | None


class TransformJobs:
    """The transform jobs of one session."""

    def __init__(self, session: Session, sleep: Callable[[float], None] = time.sleep) -> None:
        self._session = session
        self._sleep = sleep

    def create(self, request: Mapping[str, Any]) -> str:
        """Start a job, as CreateTransformJob takes it; its ARN. Waits until a model made a moment ago is known."""
        made = eventually(lambda: self._session.sagemaker.create_transform_job(**request), self._sleep, time.monotonic)
        return made["TransformJobArn"]

    def describe(self, name: str) -> Job | None:
        """A job, or None where there is none of that name."""
        told = found(lambda: self._session.sagemaker.describe_transform_job(TransformJobName=name))
        if told is None:
            return None
        return Job(
            told["TransformJobName"],
            told["TransformJobArn"],
            told["TransformJobStatus"],
            told.get("FailureReason", ""),
            told["ModelName"],
            told["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"],
            told["TransformOutput"]["S3OutputPath"],
            told["CreationTime"],
            told.get("TransformStartTime"),
            told.get("TransformEndTime"),
        )

    def stop(self, name: str) -> None:
        """Ask a job to stop; SageMaker keeps none of its answers then."""
        self._session.sagemaker.stop_transform_job(TransformJobName=name)


@functools.cache
def instance_types() -> frozenset[str]:
    """The machines that the installed botocore knows for transform jobs; needs no region."""
    shape = botocore.session.get_session().get_service_model("sagemaker").shape_for("TransformInstanceType")
    return frozenset(getattr(shape, "enum", ()))
