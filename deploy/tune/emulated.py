"""Endpoints in an emulator on this machine, which says of each call what it took."""

from __future__ import annotations

from typing import Final

from deploy.aws.invocation import Call
from deploy.errors import DeployError
from deploy.tune.endpoints import Endpoints
from deploy.tune.target import Answered, Outcome
from local_test.emulator import running

LAPTOP = "measured on this machine: limits, memory and proportions carry over to AWS, absolute times don't"
_REPORTED: Final = ("duration_ms", "cold_init_ms", "download_ms", "start_ms", "max_used_bytes")
"""What the emulator's report of a call has under the names of Answered."""


class Emulated:
    """A Target. `port` and `region` are the emulator's."""

    name = "emulator"

    def __init__(self, endpoints: Endpoints, port: int, region: str, not_enforced: tuple[str, ...]) -> None:
        self._endpoints = endpoints
        self._port = port
        self._region = region
        self.notes: tuple[str, ...] = (LAPTOP,)
        if not_enforced:
            self.notes += (f"not enforced here: {', '.join(not_enforced)}",)
        if "CPU share" in not_enforced:
            self.notes += (
                "every size has all of this machine's CPU, so times don't tell the sizes apart; memory does",
            )

    def place(self, memory_mb: int) -> None:
        """As Target has it."""
        self._endpoints.create(memory_mb)

    def cool(self, memory_mb: int) -> None:
        """As Target has it."""
        running.cool(self._port, self._region, self._endpoints.name(memory_mb))

    def call(self, memory_mb: int, call: Call) -> Answered:
        """As Target has it."""
        answered, request_id = self._endpoints.call(memory_mb, call)
        if answered.outcome is not Outcome.ok:
            return answered
        try:
            report = running.report(self._port, request_id)
        except running.Unreachable as error:
            raise DeployError(
                f"The emulator doesn't say what a call took. {error}",
                "Measure again, with fewer clients at a time: --concurrency 1,2,4",
            ) from None
        return answered._replace(**{name: report[name] for name in _REPORTED})

    def peak_bytes(self, memory_mb: int) -> int:  # noqa: ARG002 - calls tell
        """As Target has it."""
        return 0

    def remove(self, memory_mb: int) -> None:
        """As Target has it."""
        self._endpoints.delete(memory_mb)

    def left(self) -> tuple[str, ...]:
        """As Target has it: they end with the emulator."""
        return ()
