"""Two streams: people read stderr, programs read stdout."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
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
    for line in error.hint.splitlines():
        say(f"  {line}")
    if as_json:
        emit({"error": {"code": error.code, "message": error.message, "hint": error.hint}})


Update = Callable[[str], None]
"""Tells people what a step is at."""


@contextlib.contextmanager
def step(title: str, live: bool | None = None) -> Iterator[Update]:
    """One step of some length: a live line on a terminal, else a line for every change; then ✓ or ✗ and its seconds."""
    began = time.monotonic()
    live = sys.stderr.isatty() if live is None else live
    mark = "✗"
    try:
        with _live(title) if live else _lines(title) as update:
            yield update
        mark = "✓"
    finally:
        say(f"  {mark} {title} ({time.monotonic() - began:.1f} s)")


@contextlib.contextmanager
def _live(title: str) -> Iterator[Update]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{title} …", total=None)
        yield lambda text: progress.update(task, description=f"{title}: {text}")


@contextlib.contextmanager
def _lines(title: str) -> Iterator[Update]:
    last = ""

    def update(text: str) -> None:
        nonlocal last
        if text != last:
            say(f"    {title}: {text}")
        last = text

    yield update
