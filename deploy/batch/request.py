"""CreateTransformJob's request for what was asked, and CreateModel's for a model that is made for the job."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any, Final

from container import __version__, contract
from deploy.aws.tags import VERSION, as_list
from deploy.batch.transform import Transform, kind
from deploy.endpoint.names import NAME_CHARS

BATCH: Final = "coppice:batch"
"""On a job, and on a model that was made for one: the job's name."""
_STRATEGIES: Final = {"multi": "MultiRecord", "single": "SingleRecord"}
_SPLITS: Final = {"line": "Line", "none": "None"}


def job_name(base: str, now: dt.datetime) -> str:
    """`BASE-batch-20261124-172000-1a2b`: SageMaker keeps the names of all jobs that ever were, so each is new."""
    tail = f"-batch-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    return base[: NAME_CHARS - len(tail)].rstrip("-") + tail


def model_request(name: str, container: Mapping[str, Any], role: str) -> dict[str, Any]:
    """CreateModel's request for a model that is made for the job `name`."""
    return {
        "ModelName": name,
        "PrimaryContainer": dict(container),
        "ExecutionRoleArn": role,
        "Tags": as_list({BATCH: name, VERSION: __version__}),
    }


def build(name: str, model: str, asked: Transform) -> dict[str, Any]:
    """The job's request. What nobody asked for is left out, so that the container's execution parameters are used."""
    request: dict[str, Any] = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": str(asked.input)}},
            "ContentType": _content_type(asked),
            "SplitType": _SPLITS[asked.split],
        },
        "TransformOutput": _output(asked),
        "TransformResources": {"InstanceType": asked.instance_type, "InstanceCount": asked.instances},
        "Tags": as_list({BATCH: name, VERSION: __version__}),
    }
    if asked.strategy is not None:
        request["BatchStrategy"] = _STRATEGIES[asked.strategy]
    if asked.max_payload_mb is not None:
        request["MaxPayloadInMB"] = asked.max_payload_mb
    if asked.max_concurrent is not None:
        request["MaxConcurrentTransforms"] = asked.max_concurrent
    if processing := _processing(asked):
        request["DataProcessing"] = processing
    return request


def _content_type(asked: Transform) -> str:
    # A header row that nobody saw becomes the container's 400, not a row of some requests. Whether SageMaker still
    # knows a CSV with parameters when it filters and joins isn't documented, so there the type stays plain.
    plain = asked.join or asked.input_filter or asked.split == "none" or ";" in asked.content_type
    if plain or kind(asked.content_type) != contract.CSV:
        return asked.content_type
    return f"{asked.content_type}; header=absent"


def _output(asked: Transform) -> dict[str, Any]:
    output: dict[str, Any] = {"S3OutputPath": str(asked.output)}
    accept = asked.accept or (kind(asked.content_type) if asked.join else None)
    if accept:
        output["Accept"] = accept
    # The container ends every row with a newline; only rows that SageMaker joins itself need one from it.
    output["AssembleWith"] = "Line" if asked.join and asked.split == "line" else "None"
    return output


def _processing(asked: Transform) -> dict[str, str]:
    processing = {"InputFilter": asked.input_filter, "OutputFilter": asked.output_filter}
    found = {key: value for key, value in processing.items() if value}
    return {**found, "JoinSource": "Input"} if asked.join else found
