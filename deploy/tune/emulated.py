"""Endpoints in an emulator on this machine, which says of each call what it took."""

from __future__ import annotations

from typing import Any

from deploy.aws.invocation import Call
from deploy.tune.endpoints import Endpoints
from deploy.tune.target import Answered
from local_test.emulator import running

LAPTOP = "measured on this machine: limits, memory and proportions carry over to AWS, absolute times don't"


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
        name = self._endpoints.name(memory_mb)
        calls = [report for report in running.reports(self._port) if report["endpoint"] == name]
        if not request_id:  # of a call that failed, only its report knows how much memory there was
            return answered._replace(max_used_bytes=max((report["max_used_bytes"] for report in calls), default=0))
        return _with(answered, next(report for report in calls if report["request_id"] == request_id))

    def peak_bytes(self, memory_mb: int) -> int:  # noqa: ARG002 - calls tell
        """As Target has it."""
        return 0

    def remove(self, memory_mb: int) -> None:
        """As Target has it."""
        self._endpoints.delete(memory_mb)


def _with(answered: Answered, report: dict[str, Any]) -> Answered:
    return answered._replace(
        duration_ms=report["duration_ms"],
        cold_init_ms=report["cold_init_ms"],
        download_ms=report["download_ms"],
        start_ms=report["start_ms"],
        max_used_bytes=report["max_used_bytes"],
    )
