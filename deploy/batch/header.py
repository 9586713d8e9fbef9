"""A CSV's header row and batch transform don't go together.

SageMaker cuts the file into requests at line ends, and only the first would have the header. Later requests would be
read by position, which is silently wrong where the columns stand in another order than the model's.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from container import contract
from deploy.batch.transform import Transform, kind
from deploy.errors import NotSupported

FIRST_BYTES: Final = 65536
"""How much of the first object is read to see its first row."""

_WAYS: Final = (
    "Send it without: tail -n +2 rows.csv\n"
    "Or --split none, where each file is one request and fits into --max-payload.\n"
    "If that first row is data: --content-type 'text/csv; header=absent'."
)


def is_header(first_bytes: bytes) -> bool:
    """Whether the first row of a CSV holds names: text in every cell, and no number."""
    text = first_bytes.decode("utf-8-sig", errors="replace")
    try:
        row = next(csv.reader(io.StringIO(text)), [])
    except csv.Error:
        return False
    return bool(row) and all(cell.strip() and not _is_number(cell) for cell in row)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def refuse_header(asked: Transform, key: str, first_bytes: bytes) -> None:
    """Raises NotSupported for a CSV with a header row that would be split by line."""
    if kind(asked.content_type) != contract.CSV or asked.split != "line":
        return
    declared = asked.content_type.replace(" ", "").lower()
    if "header=absent" in declared:
        return
    if "header=present" in declared or is_header(first_bytes):
        raise NotSupported(f"{key} has a header row, and only the first request of a split file would have it.", _WAYS)
