"""An emulator's clients, and what training jobs left in them."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import boto3
from botocore.exceptions import ClientError
from local_emulator import Local


class TrainingAccount:
    def __init__(self, local: Local) -> None:
        self.local = local

    def client(self, service: str) -> Any:
        settings = self.local.environment
        session = boto3.Session("local", "local", region_name=settings["AWS_DEFAULT_REGION"])
        return session.client(service, endpoint_url=settings["AWS_ENDPOINT_URL"])

    def log(self, name: str) -> list[str]:
        logs, group = self.client("logs"), "/aws/sagemaker/TrainingJobs"
        try:
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        except ClientError:
            streams = []
        if not streams:
            return []
        (stream,) = streams
        assert stream["logStreamName"].startswith(f"{name}/algo-1-")
        events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        return [event["message"] for event in events["events"]]

    def files_in(self, address: str) -> dict[str, bytes]:
        """The files of an archive in S3."""
        bucket, _, key = address.removeprefix("s3://").partition("/")
        body = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
