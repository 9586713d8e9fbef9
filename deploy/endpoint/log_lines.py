"""The container's log, made readable: its JSON lines as a time, a level, what happened and the fields that matter."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from deploy.aws.logs import LogEvent, LogReader

LOOK_BACK_SECONDS: Final = 3600
"""How far back last lines are looked for: an endpoint comes into service, or fails, within an hour."""


def group_of(endpoint: str) -> str:
    """The log group that SageMaker writes an endpoint's lines to."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def last_lines(reader: LogReader, endpoint: str, count: int, since: float | None = None) -> list[str]:
    """The last `count` lines of an endpoint's log, rendered, oldest first.

    `since` is in seconds since 1970, and an hour ago by default. Empty where nothing was logged.
    """
    since = time.time() - LOOK_BACK_SECONDS if since is None else since
    return [render(event) for event in reader.last(group_of(endpoint), count, int(since * 1000))]


def render(event: LogEvent) -> str:
    """One line for people, more where it holds a traceback. What isn't our JSON is shown as it is."""
    line = parse(event.text)
    if line is None:
        return f"{moment(event.milliseconds)}         {printable(event.text)}"
    fields = dict(line)
    traceback = fields.pop("traceback", "")
    level, what = fields.pop("level", ""), fields.pop("event", "metrics")
    fields.pop("time", None)
    fields.pop("_aws", None)
    said = _invocation(fields) if what == "invocation" else _listed(fields)
    head = f"{moment(event.milliseconds)} {printable(str(level)):7} {printable(str(what))}{said and '  '}{said}"
    return "\n    ".join([head, *(printable(row) for row in str(traceback).splitlines())])


def parse(text: str) -> dict[str, Any] | None:
    """The fields of one of the container's lines; None for what something else wrote."""
    if not text.startswith("{"):
        return None
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and ("event" in line or "_aws" in line) else None


def moment(milliseconds: int) -> str:
    """A time in UTC, in the form that --since takes."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def printable(text: str) -> str:
    """A log may hold what a caller sent: nothing in it steers the terminal."""
    return "".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in text)


def _invocation(fields: dict[str, Any]) -> str:
    """As `200  3 rows  1.2 ms  id abc`, then whatever else there is."""
    status, rows = fields.pop("status", "?"), fields.pop("rows", None)
    spent, request = fields.pop("milliseconds", None), fields.pop("request_id", "")
    total = spent.get("total") if isinstance(spent, Mapping) else spent
    parts = [str(status)]
    if rows is not None:
        parts.append(f"{rows} row{'' if rows == 1 else 's'}")
    if isinstance(total, int | float):
        parts.append(f"{total:.1f} ms")
    if request:
        parts.append(f"id {request}")
    return "  ".join(printable(part) for part in [*parts, *_pairs(fields)])


def _listed(fields: Mapping[str, Any]) -> str:
    return "  ".join(_pairs(fields))


def _pairs(fields: Mapping[str, Any]) -> list[str]:
    return [f"{printable(name)}={_value(value)}" for name, value in fields.items()]


def _value(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
