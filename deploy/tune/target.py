"""What is measured: an endpoint of each size, wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from deploy.aws.invocation import Call


class Outcome(StrEnum):
    """How a call ended."""

    ok = "ok"
    throttled = "throttled"
    out_of_memory = "out of memory"
    failed = "failed"


class Answered(NamedTuple):
    """A call that has ended. Times are in milliseconds; None where there was none, or the target doesn't say."""

    outcome: Outcome
    said: str = ""
    """What went wrong, for people."""
    client_ms: float = 0.0
    """From the caller's request to its answer."""
    bytes_out: int = 0
    duration_ms: float | None = None
    """From the container's request to its answer."""
    cold_init_ms: float | None = None
    download_ms: float | None = None
    start_ms: Mapping[str, float] = MappingProxyType({})
    """What a cold start was made of."""
    max_used_bytes: int = 0


class DoesNotFit(Exception):
    """No endpoint of that size comes into service, because the model outgrows it; the message says how."""


class Target(Protocol):
    """Endpoints to be measured, one of each size. Only `call` is called from several threads."""

    name: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know about numbers from here."""

    def place(self, memory_mb: int) -> None:
        """Bring up the endpoint of a size. Raises DoesNotFit, and DeployError where it fails otherwise."""

    def cool(self, memory_mb: int) -> None:
        """Have the next call start cold."""

    def call(self, memory_mb: int, call: Call) -> Answered:
        """Call the endpoint of a size, once."""

    def peak_bytes(self, memory_mb: int) -> int:
        """The most memory that was used, as far as only the target as a whole knows it; 0 where calls tell all."""

    def remove(self, memory_mb: int) -> None:
        """Take an endpoint away again; one that is being brought up, once it is."""

    def left(self) -> tuple[str, ...]:
        """The names of those that will stay when all is over, because they couldn't be removed."""
