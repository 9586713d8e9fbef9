"""A thread that looks at something again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Ticker:
    """Calls `look` every `seconds`, until it is closed; a look that fails is logged."""

    def __init__(self, seconds: float, look: Callable[[], None], name: str) -> None:
        self._seconds = seconds
        self._look = look
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._seconds):
            try:
                self._look()
            except Exception:  # or nobody would watch the memory from now on
                log.exception("%s can't be looked at", self._thread.name)
