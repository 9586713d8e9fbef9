"""Serverless endpoints of one emulator, as their owner makes and calls them."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from local_emulator import SECONDS
from waiting import until

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/coppice"
DROPPED = re.compile(r"\(coppice local: (\d+) lines are missing here")


class Endpoints:
    """Of the emulator at an address. What is called NAME is an endpoint, its configuration and its model."""

    def __init__(self, address: str, image: str) -> None:
        self.address = address
        self._image = image
        self._session = boto3.Session("local", "local", region_name=REGION)
        self._runtime = self.client("sagemaker-runtime")

    def client(self, service: str) -> Any:
        """One that asks once, however many threads ask it."""
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=300, read_timeout=SECONDS)
        return self._session.client(service, endpoint_url=self.address, config=config)

    def create(
        self,
        name: str,
        before: str = "",
        *,
        image: str | None = None,
        model_url: str | None = None,
        memory_mb: int = 1024,
        concurrency: int = 5,
    ) -> None:
        """Begin to; `before` is the Python that the small image's server runs first."""
        sagemaker = self.client("sagemaker")
        container: dict[str, Any] = {"Image": image or self._image, "Environment": {"BEFORE": before}}
        if model_url is not None:
            container["ModelDataUrl"] = model_url
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        serverless = {"MemorySizeInMB": memory_mb, "MaxConcurrency": concurrency}
        variant = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": serverless}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    def settled(self, name: str) -> tuple[str, str]:
        """Its status once it isn't Creating any more, and the FailureReason."""
        sagemaker = self.client("sagemaker")
        shown: dict[str, Any] = {}

        def done() -> bool:
            shown.update(sagemaker.describe_endpoint(EndpointName=name))
            return bool(shown["EndpointStatus"] != "Creating")

        until(done)
        return shown["EndpointStatus"], shown.get("FailureReason", "")

    def up(self, name: str, *arguments: Any, **changes: Any) -> None:
        """Create it, and see that it is in service."""
        self.create(name, *arguments, **changes)
        assert self.settled(name) == ("InService", "")

    def ask(self, name: str, body: str, content_type: str = "text/plain") -> str:
        """The answer to one call; of the small image's server, `answer` after it ran the body."""
        answer = self._runtime.invoke_endpoint(EndpointName=name, Body=body.encode(), ContentType=content_type)
        return str(answer["Body"].read().decode())

    def error(self, name: str, body: str) -> dict[str, Any]:
        """What a call that fails is answered: the members of the error's shape, with `Code`."""
        with pytest.raises(ClientError) as caught:
            self.ask(name, body)
        return {**caught.value.response, "Code": caught.value.response["Error"]["Code"]}

    def lines(self, name: str) -> list[str]:
        """All that is in CloudWatch Logs of it by now: it comes there a moment after it was written."""
        logs = self.client("logs")
        group = f"/aws/sagemaker/Endpoints/{name}"
        found: list[str] = []
        try:
            streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        except logs.exceptions.ResourceNotFoundException:  # a group begins with its first line
            return found
        for stream in streams:
            where = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True}
            page = logs.get_log_events(**where)
            while page["events"]:
                found += [event["message"] for event in page["events"]]
                page = logs.get_log_events(**where, nextToken=page["nextForwardToken"])
        return found

    def reports(self, name: str) -> list[str]:
        return [line for line in self.lines(name) if line.startswith("REPORT ")]


def dropped(lines: list[str]) -> int:
    """How many lines didn't get to CloudWatch, as the others say."""
    return sum(int(found[1]) for line in lines if (found := DROPPED.match(line)))
