"""Logs: one JSON line per event on stdout, and CloudWatch's embedded metrics beside them.

stdout is for machines; what a person must read at once (a failed start, an address) goes to stderr elsewhere.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, Final, TextIO

import orjson

ROOT: Final = "coppice"
NAMESPACE: Final = "Coppice"


def event(logger: logging.Logger, message: str, /, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one event; `fields` become keys of its JSON line."""
    if logger.isEnabledFor(level):
        # Not logger.log: it walks the stack for the line of code that called it, which nobody is shown.
        logger.handle(logger.makeRecord(logger.name, level, "", 0, message, (), None, extra={"fields": fields}))


class JsonFormatter(logging.Formatter):
    """Renders a record, its `fields` and its traceback as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def configure(level: int, stream: TextIO | None = None) -> logging.Logger:
    """Send everything from `level` up to `stream` (stdout) as JSON lines; warnings become events too."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    return logging.getLogger(ROOT)


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
