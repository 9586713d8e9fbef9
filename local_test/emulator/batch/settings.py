"""A transform job as its document has it, with the service's defaults and the container's own wishes."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from container.contract import MEBIBYTE

MULTI_RECORD: Final = "MultiRecord"
SINGLE_RECORD: Final = "SingleRecord"
_STRATEGIES: Final = {
    MULTI_RECORD: MULTI_RECORD,
    SINGLE_RECORD: SINGLE_RECORD,
    "MULTI_RECORD": MULTI_RECORD,
    "SINGLE_RECORD": SINGLE_RECORD,
}
"""The API writes them one way, containers and their environment the other."""
_ENVIRONMENT_STRATEGY: Final = {MULTI_RECORD: "MULTI_RECORD", SINGLE_RECORD: "SINGLE_RECORD"}
DEFAULT_PAYLOAD_MB: Final = 6
DEFAULT_TIMEOUT_SECONDS: Final = 600
DEFAULT_RETRIES: Final = 3


class Sending(NamedTuple):
    """How records go to the container."""

    concurrent: int
    payload_mb: int
    """0: an object is one request, however large."""
    strategy: str

    @property
    def max_bytes(self) -> int | None:
        """Of a request's body; None for no limit."""
        return self.payload_mb * MEBIBYTE or None

    def line(self) -> str:
        """As the service writes it into the job's log."""
        return (
            f"MaxConcurrentTransforms={self.concurrent}, MaxPayloadInMB={self.payload_mb}, "
            f"BatchStrategy={_ENVIRONMENT_STRATEGY[self.strategy]}"
        )


class Job:
    """What CreateTransformJob was asked."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        came, goes = document["TransformInput"], document["TransformOutput"]
        source = came["DataSource"]["S3DataSource"]
        client = document.get("ModelClientConfig", {})
        processing = document.get("DataProcessing", {})
        self.name: str = document["TransformJobName"]
        self.model: str = document["ModelName"]
        self.source_type: str = source["S3DataType"]
        self.source: str = source["S3Uri"]
        self.content_type: str | None = came.get("ContentType")
        self.gzip = came.get("CompressionType", "None") == "Gzip"
        self.split: str = came.get("SplitType", "None")
        self.output: str = goes["S3OutputPath"]
        self.accept: str | None = goes.get("Accept")
        self.assemble: str = goes.get("AssembleWith", "None")
        self.instances: int = document["TransformResources"]["InstanceCount"]
        self.input_filter: str = processing.get("InputFilter", "$")
        self.output_filter: str = processing.get("OutputFilter", "$")
        self.joins = processing.get("JoinSource", "None") == "Input"
        self.timeout: float = client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS)
        self.retries: int = client.get("InvocationsMaxRetries", DEFAULT_RETRIES)

    def environment(self, model: dict[str, str]) -> dict[str, str]:
        """The model's own, the job's over it, and what the service sets; what nobody asked for isn't set."""
        asked = {
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": self._document.get("MaxConcurrentTransforms"),
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": self._document.get("MaxPayloadInMB"),
            "SAGEMAKER_BATCH_STRATEGY": _ENVIRONMENT_STRATEGY.get(self._document.get("BatchStrategy", "")),
        }
        set_here = {name: str(value) for name, value in asked.items() if value is not None}
        return {**model, **self._document.get("Environment", {}), "SAGEMAKER_BATCH": "true", **set_here}

    def sending(self, execution_parameters: bytes | None) -> Sending:
        """The request's wish, else the container's answer to GET /execution-parameters, else the default."""
        wishes = _wishes(execution_parameters)
        concurrent = self._document.get("MaxConcurrentTransforms") or wishes.get("MaxConcurrentTransforms") or 1
        payload = self._document.get("MaxPayloadInMB", wishes.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB))
        strategy = self._document.get("BatchStrategy") or wishes.get("BatchStrategy") or MULTI_RECORD
        return Sending(int(concurrent), int(payload), _STRATEGIES.get(strategy, MULTI_RECORD))


def _wishes(answer: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(answer or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
