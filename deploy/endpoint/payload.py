"""What is sent to an endpoint: the media types that files' endings stand for, and how big a body may be."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from container import contract

ENDINGS: Final = {
    ".csv": contract.CSV,
    ".json": contract.JSON,
    ".jsonl": contract.JSONLINES,
    ".jsonlines": contract.JSONLINES,
    ".ndjson": contract.JSONLINES,
    ".npy": contract.NPY,
    ".parquet": contract.PARQUET,
}
SERVERLESS_BYTES: Final = 4 * contract.MEBIBYTE
"""AWS documents 4 MB for serverless endpoints, and counts in mebibytes where it gives bytes: 6 MB are 6,291,456."""
REAL_TIME_BYTES: Final = contract.MAX_PAYLOAD_MB * contract.MEBIBYTE
ASYNC_BYTES: Final = 1024 * contract.MEBIBYTE


def media_type_of(name: str) -> str | None:
    """The media type that a file's or object's ending stands for, if any."""
    return ENDINGS.get(PurePath(name).suffix.lower())
