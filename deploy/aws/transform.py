"""SageMaker's batch transform jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from deploy.aws.errors import says_not_found
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

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, request: Mapping[str, Any]) -> str:
        """Start a job, as CreateTransformJob takes it; its ARN."""
        return self._session.sagemaker.create_transform_job(**request)["TransformJobArn"]

    def describe(self, name: str) -> Job | None:
        """A job, or None where there is none of that name."""
        try:
            found = self._session.sagemaker.describe_transform_job(TransformJobName=name)
        except ClientError as error:
            if says_not_found(error):
                return None
            raise
        return Job(
            found["TransformJobName"],
            found["TransformJobArn"],
            found["TransformJobStatus"],
            found.get("FailureReason", ""),
            found["ModelName"],
            found["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"],
            found["TransformOutput"]["S3OutputPath"],
            found["CreationTime"],
            found.get("TransformStartTime"),
            found.get("TransformEndTime"),
        )

    def stop(self, name: str) -> None:
        """Ask a job to stop; SageMaker keeps none of its answers then."""
        self._session.sagemaker.stop_transform_job(TransformJobName=name)

    def last_lines(self, name: str, count: int) -> list[str]:
        """The last lines of a job's logs, oldest first: the container's, and SageMaker's about the data."""
        logs, lines = self._session.logs, []
        try:
            streams = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
            for stream in streams:
                found = logs.get_log_events(
                    logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], limit=count, startFromHead=False
                )
                lines += [(event["timestamp"], event["message"].rstrip("\n")) for event in found["events"]]
        except ClientError as error:
            if not says_not_found(error):
                raise
        return [text for _, text in sorted(lines, key=lambda line: line[0])[-count:]]

    @property
    def instance_types(self) -> list[str]:
        """The machines that boto3 knows for transform jobs."""
        model = self._session.sagemaker.meta.service_model
        return list(model.shape_for("TransformInstanceType").enum)  # type: ignore[attr-defined]
