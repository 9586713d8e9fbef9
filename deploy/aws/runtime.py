"""SageMaker Runtime: calling an endpoint, at once or through S3."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError, ConnectionClosedError

from deploy.aws.errors import code_of, is_throttling, message_of
from deploy.aws.invocation import Call, ContainerSaidNo, NotNow, Reply
from deploy.aws.session import Session

_PASSING: Final = {
    "ModelNotReadyException": "the endpoint is still starting",
    "ServiceUnavailable": "SageMaker is unavailable",
    "InternalFailure": "SageMaker failed",
    "InternalDependencyException": "something SageMaker depends on failed",
}


class Runtime:
    """The endpoints of one account and region, to be called."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def invoke(self, endpoint: str, call: Call) -> Reply:
        """Call an endpoint once. Raises ContainerSaidNo, NotNow, and botocore's errors for what won't pass."""
        try:
            answer = self._session.runtime.invoke_endpoint(EndpointName=endpoint, Body=call.body, **_headers(call))
            body = answer["Body"].read()
        except ClientError as error:
            raise _understood(error) from error
        except ConnectionClosedError as error:
            raise NotNow("the connection broke") from error
        about = answer["ResponseMetadata"]
        return Reply(
            status=about["HTTPStatusCode"],
            body=body,
            content_type=answer.get("ContentType", ""),
            variant=answer.get("InvokedProductionVariant", ""),
            request_id=about.get("RequestId", ""),
            attributes=answer.get("CustomAttributes", ""),
        )

    def invoke_async(self, endpoint: str, call: Call, location: str) -> tuple[str, str]:
        """Have a body that lies in S3 answered later; returns where the answer will be, and where a failure.

        The failure's address is empty where the endpoint has none. Raises as `invoke`.
        """
        try:
            answer = self._session.runtime.invoke_endpoint_async(
                EndpointName=endpoint, InputLocation=location, **_headers(call)
            )
        except ClientError as error:
            raise _understood(error) from error
        except ConnectionClosedError as error:
            raise NotNow("the connection broke") from error
        return answer["OutputLocation"], answer.get("FailureLocation", "")


def _headers(call: Call) -> dict[str, Any]:
    named = {
        "ContentType": call.content_type,
        "Accept": call.accept,
        "InferenceId": call.inference_id,
        "CustomAttributes": call.attributes,
    }
    return {name: value for name, value in named.items() if value}


def _understood(error: ClientError) -> Exception:
    code = code_of(error)
    if code == "ModelError":
        answer: dict[str, Any] = dict(error.response)
        said = answer.get("OriginalMessage") or message_of(error)
        return ContainerSaidNo(int(answer.get("OriginalStatusCode") or 0), said, answer.get("LogStreamArn", ""))
    if is_throttling(error):
        return NotNow("the endpoint is at its greatest concurrency", code)
    if code in _PASSING:
        return NotNow(_PASSING[code], code)
    return error
