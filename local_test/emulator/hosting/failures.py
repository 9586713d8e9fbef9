"""What went wrong, in the service's words where they are known, and after them what AWS doesn't say.

The words come from users' reports: sagemaker-python-sdk#1119 (timeout), amazon-sagemaker-examples#3089 (no response)
and #275 (images), ultralytics#6552 (response body), fraud-detection-using-machine-learning#9 (model data).
"""

from __future__ import annotations

from typing import Final

from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.launcher import LaunchFailed
from local_test.emulator.hosting.plan import Variant
from local_test.emulator.instances.exchange import Answer
from local_test.emulator.instances.instance import Exit
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.store import Key

REASON_CHARS: Final = 1024
"""Of FailureReason, by the service's model."""
LAST_LINES_CHARS: Final = 600
"""Of what a container printed last, in FailureReason; the end says most."""
TIMED_OUT: Final = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)


def invalid(message: str) -> ServiceError:
    """The request can't be answered. SageMaker Runtime calls it so, its control plane ValidationException."""
    return ServiceError("ValidationError", message)


def failure_reason(variant: Variant, failure: LaunchFailed) -> str:
    """The FailureReason of an endpoint whose variant didn't pass its check."""
    reason = failure.reason
    if reason.image_missing:
        said = (
            f"The image '{variant.image}' does not exist. Please make sure all images included in the model for the "
            f"production variant {variant.name} exist, and that the execution role used to create the model has "
            "permissions to access them."
        )
    elif reason.model_missing:
        said = (
            f'Failed to download model data for container "container_1" from URL: "{variant.model_url}". Please ensure '
            "that there is an object located at the URL and that the role passed to CreateModel has permissions to "
            "download the object."
        )
    else:
        said = (
            f"The primary container for production variant {variant.name} did not pass the ping health check. Please "
            "check CloudWatch logs for this endpoint."
        )
    return f"{said} ({_known(variant, failure)})"[:REASON_CHARS]


def not_started(endpoint: Key, variant: Variant, failure: LaunchFailed) -> ServiceError:
    """For the caller whose cold start failed. That AWS tells these apart so is an assumption."""
    reason = failure.reason
    if reason.exit is not None:
        if reason.exit.out_of_memory:
            return insufficient_memory(endpoint, variant, "")
        return no_response(endpoint, _known(variant, failure), "")
    if reason.timed_out:
        return ServiceError(
            "ModelNotReadyException",
            f"The resources of variant {variant.name} are still being provisioned. Wait and try your request again. "
            f"({_known(variant, failure)})",
            429,
        )
    return ServiceError("ServiceUnavailable", f"The service is unavailable. ({_known(variant, failure)})", 503)


def answered(endpoint: Key, answer: Answer, stream_arn: str) -> ServiceError:
    """The container answered with a 4xx or 5xx."""
    status, message = answer.status, answer.body.decode(errors="replace")
    side = "client" if status < 500 else "server"
    return _model_error(
        endpoint, f'Received {side} error ({status}) from primary with message "{message}"', status, message, stream_arn
    )


def timed_out(endpoint: Key, stream_arn: str) -> ServiceError:
    """No whole answer within the time."""
    return _failed(endpoint, TIMED_OUT, stream_arn)


def too_large(endpoint: Key, max_bytes: int, stream_arn: str) -> ServiceError:
    """The container's answer is over the limit."""
    message = f"The response is over the limit of {max_bytes} bytes"
    said = f"Received server error (0) from primary and could not load the entire response body. {message}"
    return _model_error(endpoint, said, 0, message, stream_arn)


def no_response(endpoint: Key, known: str, stream_arn: str) -> ServiceError:
    """The connection broke; `known` says more, or nothing."""
    message = (
        f"Amazon SageMaker could not get a response from the {endpoint.name} endpoint. This can occur when CPU or "
        "memory utilization is high. To check your utilization, see Amazon CloudWatch. To fix this problem, use an "
        "instance type with more CPU capacity or memory."
    )
    return _failed(endpoint, f"{message} ({known})" if known else message, stream_arn)


def insufficient_memory(endpoint: Key, variant: Variant, stream_arn: str) -> ServiceError:
    """The container was killed. Of AWS's message "insufficient memory" is known: its benchmark tool reads that."""
    message = f"The container was stopped because of insufficient memory: {_outgrew(variant)}."
    return _failed(endpoint, message, stream_arn)


def died(endpoint: Key, variant: Variant, end: Exit | None, stream_arn: str) -> ServiceError:
    """The connection broke; `end` says how the instance ended, None where it lives on."""
    if end is not None and end.out_of_memory:
        return insufficient_memory(endpoint, variant, stream_arn)
    return no_response(endpoint, "" if end is None else f"the container {_ended(end)}", stream_arn)


def _failed(endpoint: Key, message: str, stream_arn: str) -> ServiceError:
    return _model_error(
        endpoint, f'Received server error (0) from primary with message "{message}"', 0, message, stream_arn
    )


def _model_error(endpoint: Key, said: str, status: int, message: str, stream_arn: str) -> ServiceError:
    region = endpoint.region
    where = (
        f"See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint.name} in account {ACCOUNT} for more information."
    )
    fields = {"OriginalStatusCode": status, "OriginalMessage": message, "LogStreamArn": stream_arn}
    return ServiceError("ModelError", f"{said}. {where}", 424, **fields)


def _known(variant: Variant, failure: LaunchFailed) -> str:
    reason = failure.reason
    if reason.exit is not None:
        known = _outgrew(variant) if reason.exit.out_of_memory else f"it {_ended(reason.exit)}"
    else:
        known = str(reason)
    said = " | ".join(failure.last_lines)[-LAST_LINES_CHARS:]
    return f"{known}; its last lines: {said}" if said else known


def _outgrew(variant: Variant) -> str:
    return "it outgrew the machine's memory" if variant.memory_mb is None else f"it outgrew {variant.memory_mb} MB"


def _ended(end: Exit) -> str:
    return "was killed" if end.code is None else f"ended with exit code {end.code}"
