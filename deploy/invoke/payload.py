"""What is sent: a body with its Content-Type, held against InvokeEndpoint's limits before anything goes out.

The limits of the headers are those of the botocore service model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from container import contract
from deploy.aws.invocation import Call
from deploy.endpoint.payload import ASYNC_BYTES, ENDINGS, REAL_TIME_BYTES, SERVERLESS_BYTES, media_type_of
from deploy.endpoint.running import Kind
from deploy.errors import LimitError, UsageError

STDIN: Final = "-"
_HEADER_CHARS: Final = 1024
_VISIBLE: Final = re.compile(r"[\x20-\x7e]*")
_INFERENCE_ID: Final = re.compile(rf"[\x21-\x7e][\x20-\x7e]{{0,{contract.INFERENCE_ID_CHARS - 1}}}")


def read_body(name: str, stdin: Callable[[], bytes]) -> bytes:
    """The bytes of a file, or of stdin for `-`. Raises UsageError where there are none."""
    path = Path(name)
    if name == STDIN:
        body = stdin()
    elif not path.exists():
        raise UsageError(f"There is no file {name!r}.", "A payload is a file, or - for stdin.")
    elif path.is_dir():
        raise UsageError(f"{name} is a folder; a payload is one file.", "coppice batch takes a folder of files in S3.")
    else:
        body = path.read_bytes()
    if not body:
        source = "stdin" if name == STDIN else name
        hint = "What rows look like: coppice inspect model.tar.gz --example csv"
        raise UsageError(f"{source} is empty, so there is nothing to send.", hint)
    return body


def content_type_of(name: str, body: bytes, hint: str = "Say it: --content-type text/csv") -> str:
    """The media type that a file's ending stands for; stdin's by its first byte, as the server reads it.

    Raises UsageError with `hint` for an ending that stands for none.
    """
    if name == STDIN:
        return _by_first_byte(body)
    found = media_type_of(name)
    if found is None:
        raise UsageError(
            f"The ending of {name} doesn't say what it holds; {', '.join(ENDINGS)} do.",
            hint,
        )
    return found


def _by_first_byte(body: bytes) -> str:
    if body.startswith(b"\x93NUMPY"):
        return contract.NPY
    if body.startswith(b"PAR1"):
        return contract.PARQUET
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    return contract.JSON if text[:1] in (b"[", b"{") else contract.CSV


def check_headers(call: Call) -> None:
    """Raises LimitError for a header that InvokeEndpoint would refuse."""
    for flag, value in (
        ("--content-type", call.content_type),
        ("--accept", call.accept),
        ("--attributes", call.attributes),
    ):
        if len(value) > _HEADER_CHARS:
            raise LimitError(f"{flag} takes up to {_HEADER_CHARS:,} characters; these are {len(value):,}.")
        if not _VISIBLE.fullmatch(value):
            raise LimitError(f"{flag} takes visible ASCII characters and spaces; this is {value!r}.")
    if call.inference_id and not _INFERENCE_ID.fullmatch(call.inference_id):
        raise LimitError(
            f"--inference-id takes 1 to {contract.INFERENCE_ID_CHARS} visible ASCII characters, the first no space; "
            f"this is {call.inference_id!r} ({len(call.inference_id)} characters)."
        )


def check_size(call: Call, kind: Kind, way_out: str) -> None:
    """Raises LimitError for a body that this kind of endpoint doesn't take; `way_out` is the hint."""
    limit = {Kind.serverless: SERVERLESS_BYTES, Kind.real_time: REAL_TIME_BYTES, Kind.asynchronous: ASYNC_BYTES}[kind]
    if len(call.body) > limit:
        article = "An" if kind is Kind.asynchronous else "A"
        raise LimitError(
            f"{article} {kind} endpoint takes bodies of up to {limit // contract.MEBIBYTE:,} MB ({limit:,} bytes); "
            f"this one has {len(call.body):,} bytes.",
            way_out,
        )
