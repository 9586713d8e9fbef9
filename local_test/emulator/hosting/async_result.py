"""What becomes of an asynchronous call: objects in S3 and notifications through SNS."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local_test.emulator.aws import Aws
from local_test.emulator.hosting.async_request import AsyncRequest
from local_test.emulator.instances.exchange import Answer

MAX_BYTES: Final = 1024**3
"""Of an input, as documented, and of an answer, by assumption."""
NOTIFIED_BYTES: Final = 128 * 1024
"""A larger answer isn't put into a notification."""

log = logging.getLogger(__name__)


class Failure(Exception):
    """A call came to nothing; the message is for the caller. `answer` is what the container said, if it did."""

    def __init__(self, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer


class AsyncResults:
    """Reads inputs, writes answers, tells who wants to know."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def input_of(self, request: AsyncRequest) -> bytes:
        """The payload. Raises Failure where it isn't there or is too large."""
        if request.body:
            return request.body
        location = request.parameters["inputLocation"]
        s3 = self._aws.client("s3", request.region)
        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            found = s3.get_object(Bucket=bucket, Key=key)
        except s3.exceptions.ClientError as error:
            raise Failure(f"The input {location} can't be read: {error}") from None
        with found["Body"] as body:
            if found["ContentLength"] > MAX_BYTES:
                raise Failure(f"The input {location} has more than 1 GB.")
            return bytes(body.read())

    def deliver(self, request: AsyncRequest, config: Mapping[str, Any], answer: Answer) -> None:
        """The answer of a call that succeeded. Raises Failure where its bucket doesn't take it."""
        content_type = _content_type(answer)
        if request.output:
            self._write(request, request.output, answer.body, content_type)
        parameters = {"contentType": content_type, "outputLocation": request.output}
        message = _message(request, "Completed") | {
            "responseParameters": {name: value for name, value in parameters.items() if value}
        }
        self._notify(request, config, "Success", message, answer.body)

    def fail(self, request: AsyncRequest, config: Mapping[str, Any], failure: Failure) -> None:
        """What the container said, or why it couldn't be asked."""
        body = failure.answer.body if failure.answer else failure.reason.encode()
        content_type = _content_type(failure.answer) if failure.answer else "text/plain"
        message = _message(request, "Failed") | {"failureReason": failure.reason}
        if request.failure:
            message["responseParameters"] = {"contentType": content_type, "outputLocation": request.failure}
            try:
                self._write(request, request.failure, body, content_type)
            except Failure as error:
                log.warning("%s", error)
        self._notify(request, config, "Error", message, body)

    def _write(self, request: AsyncRequest, location: str, body: bytes, content_type: str) -> None:
        s3 = self._aws.client("s3", request.region)
        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
        except s3.exceptions.ClientError as error:
            raise Failure(f"The answer can't be written to {location}: {error}") from None

    def _notify(
        self, request: AsyncRequest, config: Mapping[str, Any], of: str, message: dict[str, Any], body: bytes
    ) -> None:
        wanted = config["OutputConfig"].get("NotificationConfig", {})
        topic = wanted.get(f"{of}Topic")
        if not topic:
            return
        included = wanted.get("IncludeInferenceResponseIn", ())
        if f"{of.upper()}_NOTIFICATION_TOPIC" in included and len(body) <= NOTIFIED_BYTES:
            message["responseBody"] = {"content": base64.b64encode(body).decode(), "encoding": "BASE64"}
        sns = self._aws.client("sns", topic.split(":")[3])
        try:
            sns.publish(TopicArn=topic, Message=json.dumps(message))
        except sns.exceptions.ClientError as error:
            log.warning("The notification of %s can't be published: %s", request.inference_id, error)


def _message(request: AsyncRequest, status: str) -> dict[str, Any]:
    """As SageMaker's notifications are: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html"""
    return {
        "awsRegion": request.region,
        "eventTime": _moment(time.time()),
        "receivedTime": _moment(request.received),
        "invocationStatus": status,
        "requestParameters": request.parameters,
        "inferenceId": request.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _content_type(answer: Answer) -> str:
    names = (value for name, value in answer.headers if name.lower() == "content-type")
    return next(names, "application/octet-stream")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
