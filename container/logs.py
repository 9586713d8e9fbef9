"""Logs: one JSON line per event on stdout, and CloudWatch's embedded metrics beside them.

stdout is for machines; what a person must read at once (a failed start, an address) goes to stderr elsewhere.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from typing import Any, Final, TextIO

import orjson

ROOT: Final = "coppice"
NAMESPACE: Final = "Coppice"


class _Output:
    """Where lines go, and from which level up; set by `configure`."""

    level: int = logging.INFO
    stream: TextIO | None = None


def event(message: str, /, *, level: int = logging.INFO, **fields: Any) -> None:
    """Write one event as a line of JSON, with `fields` as its keys.

    Goes around the logging module, whose records cost more than predicting a row; but where nothing was configured,
    as on a command line, it leaves all to it.
    """
    if _Output.stream is None:
        said = ", ".join(f"{name}: {value}" for name, value in fields.items())
        logging.getLogger(ROOT).log(level, "%s (%s)", message, said, extra={"fields": fields})
    elif level >= _Output.level:
        write(_render(time.time(), logging.getLevelName(level), message, fields))


def write(line: str) -> None:
    """Write a finished line. A log that can't be written, its reader being gone, costs no caller an answer."""
    stream = _Output.stream or sys.stdout
    with contextlib.suppress(OSError, ValueError):
        stream.write(line + "\n")
        stream.flush()


def _render(now: float, level: str, message: str, fields: dict[str, Any]) -> str:
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    line = {"time": f"{second}.{int(now % 1 * 1000):03d}Z", "level": level.lower(), "event": message, **fields}
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class JsonFormatter(logging.Formatter):
    """The same line for what comes through the logging module: gunicorn, warnings, tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        fields = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return _render(record.created, record.levelname, record.getMessage(), fields)


def configure(level: int, stream: TextIO | None = None) -> None:
    """Send everything from `level` up to `stream` (stdout) as JSON lines; warnings become events too."""
    _Output.level, _Output.stream = level, stream or sys.stdout
    handler = logging.StreamHandler(_Output.stream)
    handler.setFormatter(JsonFormatter())
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def embedded_metric(
    metrics: dict[str, tuple[float, str]], dimensions: dict[str, str], properties: dict[str, Any], now: float
) -> str:
    """One line of CloudWatch's embedded metric format.

    `metrics` maps a name to value and unit, `dimensions` what they are grouped by; `properties` are searchable in
    the log and cost no metric. `now` is in seconds since the epoch.
    """
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
    }
    line = {
        "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]},
        **dimensions,
        **properties,
        **{name: value for name, (value, _) in metrics.items()},
    }
    return orjson.dumps(line).decode()
