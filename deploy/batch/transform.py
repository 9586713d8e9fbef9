"""What a transform job is asked to do, checked against every documented limit before AWS is asked.

Limits and rules are CreateTransformJob's in botocore's service model (MaxPayloadInMB, BatchStrategy, JoinSource).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from container import contract
from deploy.aws.s3 import S3Uri
from deploy.errors import LimitError, NotSupported, UsageError

Split = Literal["line", "none"]
Strategy = Literal["multi", "single"]

MAX_PAYLOAD_MB: Final = 100
"""The largest payload, and the most that all concurrent payloads of a machine may be together."""
MAX_INSTANCES: Final = 100
URI_CHARS: Final = 1024
MEDIA_TYPE_CHARS: Final = 256
FILTER_CHARS: Final = 63

LINES: Final = (contract.CSV, contract.JSONLINES)
"""The media types with a record a line."""
JOINED: Final = (*LINES, contract.JSON)
"""The media types that SageMaker joins."""


@dataclass(frozen=True)
class Transform:
    """A job as asked for. None leaves a choice to the container, which SageMaker asks for its execution parameters."""

    input: S3Uri
    output: S3Uri
    content_type: str
    split: Split
    accept: str | None = None
    join: bool = False
    input_filter: str | None = None
    output_filter: str | None = None
    instance_type: str = "ml.m5.large"
    instances: int = 1
    strategy: Strategy | None = None
    max_payload_mb: int | None = None
    max_concurrent: int | None = None


def kind(media_type: str) -> str:
    """A media type without its parameters, and by its usual name."""
    name = media_type.partition(";")[0].strip().lower()
    return contract.JSONLINES if re.fullmatch(r"application/(x-)?(jsonl|jsonlines|ndjson)", name) else name


def default_split(media_type: str) -> Split:
    """By line where a line is a record; else an object is one request."""
    return "line" if kind(media_type) in LINES else "none"


def check(asked: Transform, instance_types: Collection[str]) -> None:
    """See that SageMaker takes it; raises LimitError or NotSupported with the way around."""
    _check_numbers(asked)
    _check_texts(asked)
    if asked.instance_type not in instance_types:
        near = get_close_matches(asked.instance_type, instance_types, n=1, cutoff=0.8)
        raise LimitError(
            f"--instance-type {asked.instance_type!r} is no machine for batch transform.",
            f"Did you mean {near[0]!r}?" if near else "Take ml.m5.large, or a larger one of its kind.",
        )
    _check_split(asked)
    if asked.join:
        _check_join(asked)
    elif asked.output_filter:
        raise UsageError("--output-filter chooses from the joined rows.", "Add --join, or leave it out.")


def _check_numbers(asked: Transform) -> None:
    payload, concurrent = asked.max_payload_mb, asked.max_concurrent
    if not 1 <= asked.instances <= MAX_INSTANCES:
        raise LimitError(f"--instances is 1 to {MAX_INSTANCES}; this is {asked.instances}.")
    if payload is not None and not 0 <= payload <= MAX_PAYLOAD_MB:
        raise LimitError(f"--max-payload is 0 to {MAX_PAYLOAD_MB} MB (0 for no limit); this is {payload}.")
    if concurrent is None:
        return
    if concurrent < 1:
        raise LimitError(f"--max-concurrent is at least 1; this is {concurrent}.", "Left out, the container chooses.")
    each = contract.MAX_PAYLOAD_MB if payload is None else payload
    if concurrent * max(each, 1) > MAX_PAYLOAD_MB:
        default = ", the default," if payload is None else ""
        raise LimitError(
            f"--max-concurrent times --max-payload may be {MAX_PAYLOAD_MB} MB at most; "
            f"this is {concurrent} x {each} MB{default} = {concurrent * each} MB.",
            f"At {concurrent} at a time the payload may be {MAX_PAYLOAD_MB // concurrent} MB."
            if concurrent <= MAX_PAYLOAD_MB
            else f"Take {MAX_PAYLOAD_MB} at a time, at most.",
        )


def _check_texts(asked: Transform) -> None:
    for flag, text, limit in (
        ("--input", str(asked.input), URI_CHARS),
        ("--output", str(asked.output), URI_CHARS),
        ("--content-type", asked.content_type, MEDIA_TYPE_CHARS),
        ("--accept", asked.accept or "", MEDIA_TYPE_CHARS),
        ("--input-filter", asked.input_filter or "", FILTER_CHARS),
        ("--output-filter", asked.output_filter or "", FILTER_CHARS),
    ):
        if len(text) > limit:
            raise LimitError(f"{flag} has at most {limit} characters; this has {len(text)}.")
        if flag.endswith("-filter") and text and not text.startswith("$"):
            raise UsageError(f"{flag} is a JSONPath, which starts with $, as in $[1:]; this is {text!r}.")
    if asked.input_filter and kind(asked.content_type) not in JOINED:
        raise NotSupported(f"--input-filter reads CSV, JSON Lines and JSON, not {asked.content_type}.")


def _check_split(asked: Transform) -> None:
    if asked.split == "none" and asked.strategy is not None:
        raise NotSupported(
            f"--strategy {asked.strategy} says how lines go into requests; with --split none an object is one request.",
            "Leave --strategy out, or add --split line.",
        )
    if asked.split == "line" and kind(asked.content_type) not in LINES:
        raise NotSupported(
            f"{asked.content_type} has no record a line, so it can't be split by line.",
            f"Use --split none (an object is one request), or send {' or '.join(LINES)}.",
        )


def _check_join(asked: Transform) -> None:
    came, goes = kind(asked.content_type), kind(asked.accept or asked.content_type)
    if came not in JOINED or goes != came:
        raise NotSupported(
            f"--join needs answers in the form of the input, one of {', '.join(JOINED)}; "
            f"this is {came} in and {goes} out.",
            "Leave --accept out, and send CSV or JSON Lines.",
        )
