"""CreateModelPackage's request for an archive and an image, and the limits of what people add to it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from container import __version__, contract
from container.artifact.manifest import Manifest
from deploy.aws import tags
from deploy.aws.model_registry import Approval
from deploy.aws.s3 import S3Uri
from deploy.errors import LimitError, UsageError

TEXT_CHARS: Final = 1024
"""The longest description or note."""
METADATA_ENTRIES: Final = 50
METADATA_KEY_CHARS: Final = 128
METADATA_VALUE_CHARS: Final = 256
_METADATA: Final = re.compile(r"[\w .:/=+\-@]*")

MEDIA_TYPES: Final = (contract.CSV, contract.JSON, contract.JSONLINES, contract.NPY)
"""What every Coppice image reads and writes. Parquet is left out: only images built with it speak it."""
REALTIME_TYPES: Final = (
    "ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.large", "ml.c5.xlarge", "ml.c5.2xlarge",
)  # fmt: skip
TRANSFORM_TYPES: Final = ("ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.c5.xlarge", "ml.c5.2xlarge")
"""Machines that suit a forest; SageMaker offers them in its console and to Inference Recommender."""


@dataclass(frozen=True)
class Document:
    """Something that lies beside the archive: where, and its bytes."""

    uri: S3Uri
    content: bytes


@dataclass(frozen=True)
class Contents:
    """What is registered. `identity` changes with the archive's content; `image` is a digest URI."""

    model_data: S3Uri
    identity: str
    image: str
    manifest: Manifest | None
    metrics: Document | None
    payload: Document | None


def check_text(text: str, flag: str) -> None:
    """A description or a note; raises LimitError."""
    if len(text) > TEXT_CHARS:
        raise LimitError(f"{flag} has at most {TEXT_CHARS:,} characters; this has {len(text):,}.")
    if any(unicodedata.category(character) in ("Cc", "Cf") for character in text):
        raise LimitError(f"{flag} is one line of plain characters; this has a line break or control character.")


def parse_metadata(pairs: list[str]) -> dict[str, str]:
    """`KEY=VALUE`s as a mapping; raises UsageError and LimitError."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key or not value:
            raise UsageError(f"--metadata takes KEY=VALUE; this is {pair!r}.")
        if len(key) > METADATA_KEY_CHARS or len(value) > METADATA_VALUE_CHARS:
            raise LimitError(
                f"--metadata {key[:40]}: a key has at most {METADATA_KEY_CHARS} characters and a value "
                f"{METADATA_VALUE_CHARS}; these have {len(key)} and {len(value)}."
            )
        if not _METADATA.fullmatch(key + value):
            raise LimitError(f"--metadata {key[:40]}: letters, digits, spaces and . : / = + - @ _ are allowed.")
        if key.startswith(tags.PREFIX):
            raise UsageError(f"--metadata {key}: keys with {tags.PREFIX} are Coppice's own.")
        found[key] = value
    return found


def metadata(contents: Contents, own: Mapping[str, str]) -> dict[str, str]:
    """A person's own metadata, and what Coppice knows of the model: hash, id, and the versions it was made with.

    Raises LimitError where these are too many together.
    """
    found = {tags.ARTIFACT: contents.identity, tags.VERSION: __version__}
    if manifest := contents.manifest:
        found[tags.MODEL_ID] = manifest.model_id
        found[tags.PREFIX + "task"] = manifest.task
        found[tags.PREFIX + "engine"] = manifest.engine
        for name, version in manifest.versions.items():
            found[f"{tags.PREFIX}made-with:{name}"] = version
    if len(found) + len(own) > METADATA_ENTRIES:
        most = METADATA_ENTRIES - len(found)
        raise LimitError(f"--metadata takes {most} entries here; these are {len(own)}.")
    return {**found, **own}


def build(
    group: str, contents: Contents, description: str, approval: Approval, properties: Mapping[str, str]
) -> dict[str, Any]:
    """The request. A version has no tags of its own: it has those of its group."""
    request: dict[str, Any] = {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {
            "Containers": [{"Image": contents.image, "ModelDataUrl": str(contents.model_data)}],
            "SupportedContentTypes": list(MEDIA_TYPES),
            "SupportedResponseMIMETypes": list(MEDIA_TYPES),
            "SupportedRealtimeInferenceInstanceTypes": list(REALTIME_TYPES),
            "SupportedTransformInstanceTypes": list(TRANSFORM_TYPES),
        },
        "Domain": "MACHINE_LEARNING",
        "Task": _task(contents.manifest),
        "CustomerMetadataProperties": dict(properties),
        "ModelApprovalStatus": approval,
    }
    if description:
        request["ModelPackageDescription"] = description
    if contents.metrics:
        request["ModelMetrics"] = {"ModelQuality": {"Statistics": _source(contents.metrics)}}
    if contents.payload:
        request["SamplePayloadUrl"] = str(contents.payload.uri)
    return request


def _task(manifest: Manifest | None) -> str:
    tasks = {"regression": "REGRESSION", "classification": "CLASSIFICATION"}
    return tasks.get(manifest.task, "OTHER") if manifest else "OTHER"


def _source(document: Document) -> dict[str, str]:
    digest = hashlib.sha256(document.content).hexdigest()
    return {"ContentType": contract.JSON, "ContentDigest": f"sha256:{digest}", "S3Uri": str(document.uri)}
