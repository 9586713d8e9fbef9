"""application/jsonlines: one row a line, a list or an object by column name."""

from __future__ import annotations

import orjson

from container.artifact.manifest import Schema
from container.codecs import json
from container.codecs.rows import Answer, Table
from container.errors import EmptyBody, MalformedBody


def decode(body: bytes, schema: Schema) -> Table:
    """Read rows; raises what JSON raises, with the line."""
    lines = [line for line in body.splitlines() if line.strip()]
    if not lines:
        raise EmptyBody("There are no lines.", "Send one JSON list or object a line.")
    rows = _parse(lines)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list | dict):
            raise MalformedBody(f"Line {number} is {json.kind(row)}; each line must be a row: a list or an object.")
    return json.rows_table(rows, schema)


def _parse(lines: list[bytes]) -> list[object]:
    try:
        rows: list[object] = orjson.loads(b"[" + b",".join(lines) + b"]")
    except orjson.JSONDecodeError:
        rows = []
    if len(rows) != len(lines):  # a line is broken, or holds several values: find it
        rows = [json.parse(line, f"Line {number}") for number, line in enumerate(lines, start=1)]
    return rows


def encode(answer: Answer) -> bytes:
    """One JSON value a line."""
    return b"".join(orjson.dumps(value) + b"\n" for value in answer.values())
