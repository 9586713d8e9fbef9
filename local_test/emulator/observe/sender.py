"""A thread that sends what has gathered, a moment after it came, and a way to wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Sender:
    """Calls `send` in the background whenever there is something, `linger` seconds after the first of it came.

    `send` sends everything that is there when it is called, piece by piece through `attempt`.
    """

    def __init__(self, name: str, send: Callable[[], None], linger: float) -> None:
        self._name = name
        self._send = send
        self._linger = linger
        self._changed = threading.Condition()
        self._asked = 0
        self._done = 0
        self._hurry = False
        self._closing = False
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to send. Never waits for it."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()

    def attempt(self, request: Callable[[], object]) -> bool:
        """Whether a request got through. The first that doesn't is logged; the next are not, until one does again."""
        try:
            request()
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on without their traces
            if not self._failing:
                log.warning("%s can't be sent to CloudWatch, and are lost until they can: %s", self._name, error)
            self._failing = True
            return False
        self._failing = False
        return True

    def flush(self) -> None:
        """Wait until what came before is sent, or failed to be."""
        with self._changed:
            wanted = self._asked
            self._hurry = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= wanted or not self._thread.is_alive())

    def close(self) -> None:
        """Send the rest, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while self._wait():
            asked = self._asked
            self._send()
            with self._changed:
                self._done = asked
                self._changed.notify_all()

    def _wait(self) -> bool:
        """Wait for work; False where there is none and none will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked != self._done or self._closing)
            self._changed.wait_for(lambda: self._hurry or self._closing, self._linger)
            self._hurry = False
            return self._asked != self._done
