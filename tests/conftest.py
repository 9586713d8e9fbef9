"""What holds for every test."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and some tests send it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
