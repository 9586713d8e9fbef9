"""Waiting for what happens in another thread, process or container."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SOON = 60
"""Seconds; only what hangs takes so long."""


def until(done: Callable[[], Any]) -> None:
    """Wait for it."""
    end = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < end, "it didn't happen"
        time.sleep(0.01)
