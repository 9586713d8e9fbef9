"""Two streams: people read stderr, programs read stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from container.errors import ContainerError


def say(line: str = "") -> None:
    """A line for people."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def emit(document: Any) -> None:
    """One JSON document for programs."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def complain(error: ContainerError, as_json: bool) -> None:
    """A failure: what happened and what to do, and the same as JSON where a program asked."""
    say(f"error: {error.message}")
    if error.hint:
        say(f"  {error.hint}")
    if as_json:
        emit({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
