"""An endpoint's status as lines for people, a row of a table, and a document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from deploy.aws import tags as tag
from deploy.observe.status import Listing, Status
from deploy.observe.table import columns

_HEAD: Final = ("NAME", "STATUS", "KIND", "SIZE", "MODEL", "STAGE", "CHANGED")


def lines(status: Status) -> list[str]:
    """`key  value` lines, the most asked for first; what there isn't is left out."""
    running, digest = status.running, status.tags.get(tag.ARTIFACT)
    tagged = f" ({', '.join(status.image_tags)})" if status.image_tags else ""
    pairs = [
        ("endpoint", running.name + ("" if status.ours else " (not Coppice's: it has no coppice:endpoint tag)")),
        ("status", running.status),
        ("reason", running.failure_reason),
        ("kind", running.kind.value),
        *_size(status),
        ("image", status.image and status.image + tagged),
        ("artifact", status.artifact),
        ("hash", digest and (digest if digest.startswith("etag-") else f"sha256 {digest}")),
        ("model", status.tags.get(tag.MODEL_ID)),
        ("environment", ", ".join(sorted(status.container.get("Environment") or ()))),
        ("role", (status.model or {}).get("ExecutionRoleArn")),
        ("stage", status.tags.get(tag.STAGE)),
        ("created", running.created),
        ("changed", running.changed),
        ("config", running.config),
        ("previous", status.previous and f"{status.previous}; return to it: coppice rollback {running.name}"),
        *(("scales", f"{one.variant} {one.dimension} {one.least} to {one.most}") for one in status.scaling),
        ("unseen", ", ".join(status.unseen) and f"{', '.join(status.unseen)}: these credentials may not look"),
    ]
    return columns([(name, value) for name, value in pairs if value])


def document(status: Status) -> dict[str, Any]:
    """The same for programs: keys that stay, null for what there isn't."""
    running, serverless = status.running, status.running.serverless or {}
    kind, count = status.instances or (None, None)
    return {
        "name": running.name,
        "arn": running.arn,
        "ours": status.ours,
        "status": running.status,
        "failure_reason": running.failure_reason or None,
        "kind": running.kind.value,
        "memory_mb": serverless.get("MemorySizeInMB"),
        "max_concurrency": serverless.get("MaxConcurrency"),
        "provisioned_concurrency": serverless.get("ProvisionedConcurrency"),
        "instance_type": kind,
        "instances": count,
        "async_output": _async_output(status),
        "image": status.image,
        "image_tags": list(status.image_tags),
        "artifact": status.artifact,
        "artifact_hash": status.tags.get(tag.ARTIFACT),
        "model_id": status.tags.get(tag.MODEL_ID),
        "environment": sorted(status.container.get("Environment") or ()),
        "role": (status.model or {}).get("ExecutionRoleArn"),
        "stage": status.tags.get(tag.STAGE),
        "created": running.created,
        "changed": running.changed,
        "config": running.config,
        "previous": status.previous and status.previous._asdict(),
        "autoscaling": [one._asdict() for one in status.scaling],
        "unseen": list(status.unseen),
    }


def table(listing: Listing) -> list[str]:
    """Our endpoints, one a line."""
    return columns([_HEAD, *(_row(status) for status in listing.ours)])


def overview(listing: Listing, region: str) -> dict[str, Any]:
    """Our endpoints for programs; what costs a call each to know isn't in it."""
    keys = (
        "name", "arn", "status", "failure_reason", "kind", "memory_mb", "max_concurrency", "provisioned_concurrency",
        "instance_type", "instances", "model_id", "artifact_hash", "stage", "created", "changed", "config",
        "previous",
    )  # fmt: skip
    endpoints = [{key: document(status)[key] for key in keys} for status in listing.ours]
    return {"region": region, "endpoints": endpoints, "others": listing.others}


def _row(status: Status) -> Sequence[str]:
    running, serverless = status.running, status.running.serverless
    if serverless:
        size = f"{serverless.get('MaxConcurrency')} x {serverless.get('MemorySizeInMB')} MB"
    else:
        kind, count = status.instances or ("", None)
        size = kind if count is None else f"{count} x {kind}"
    model, stage = status.tags.get(tag.MODEL_ID, "-"), status.tags.get(tag.STAGE, "-")
    return running.name, running.status, running.kind.value, size, model, stage, running.changed


def _size(status: Status) -> list[tuple[str, str]]:
    if serverless := status.running.serverless:
        provisioned = serverless.get("ProvisionedConcurrency")
        warm = f", {provisioned} of them always warm (provisioned)" if provisioned else ""
        return [
            ("memory", f"{serverless.get('MemorySizeInMB')} MB"),
            ("concurrency", f"{serverless.get('MaxConcurrency')} at most{warm}"),
        ]
    kind, count = status.instances or ("", None)
    return [("instances", kind if count is None else f"{count} x {kind}"), ("output", _async_output(status) or "")]


def _async_output(status: Status) -> str | None:
    output: str | None = ((status.running.asynchronous or {}).get("OutputConfig") or {}).get("S3OutputPath")
    return output
