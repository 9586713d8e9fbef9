"""The model's state from start to finish, and the door to it: how many requests run, wait, or are turned away."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from queue import Empty, SimpleQueue
from typing import Final

from container.errors import Busy, ContainerError, NotReady
from container.inference.pipeline import Answering, Invocation, Reply, Timings

THREADS: Final = 64
"""A worker's threads. They mostly wait: for a body, or for their turn to predict."""

RESERVED: Final = 4
"""Threads that no invocation may take, so that /ping is always answered at once."""


class State(Enum):
    """NEW → LOADING → READY, or FAILED for good."""

    NEW = "NEW"
    LOADING = "LOADING"
    READY = "READY"
    FAILED = "FAILED"


class Tickets:
    """So many at a time: a context to be in, with `timeout` seconds of patience for a ticket; raises Busy after it.

    A SimpleQueue is a semaphore in C: threading's own, in Python, costs as much as reading a row.
    """

    def __init__(self, count: int, timeout: float, said: str) -> None:
        self._tickets: SimpleQueue[None] = SimpleQueue()
        self._timeout = timeout
        self._said = said
        for _ in range(count):
            self._tickets.put(None)

    def __enter__(self) -> None:
        try:
            self._tickets.get(block=self._timeout > 0, timeout=self._timeout or None)
        except Empty:
            raise Busy(self._said, "Send less at a time, or add instances.") from None

    def __exit__(self, *_: object) -> None:
        self._tickets.put(None)


class Service:
    """Holds the pipeline once it is loaded. `cores` requests predict at a time; the others wait up to `timeout` s."""

    def __init__(self, cores: int, timeout: float) -> None:
        self.state = State.NEW
        self.cause: ContainerError | None = None
        self._pipeline: Answering | None = None
        most = THREADS - RESERVED
        self.places = Tickets(most, 0, f"{most} requests are already in this server.")
        """To be taken before a body is read, so that there is always a thread left for /ping."""
        self._turns = Tickets(cores, timeout, f"The request waited {timeout:g} s for its turn.")

    def load(self, open_pipeline: Callable[[], Answering]) -> None:
        """Load the model, once; re-raises what `open_pipeline` raises, after noting it as the cause."""
        self.state = State.LOADING
        try:
            self._pipeline = open_pipeline()
        except Exception as error:
            self.cause = (
                error if isinstance(error, ContainerError) else ContainerError("An unexpected error; see the log.")
            )
            self.state = State.FAILED
            raise
        self.state = State.READY

    @property
    def pipeline(self) -> Answering:
        """The loaded pipeline; raises NotReady with the state and, after a failure, its cause."""
        if self._pipeline is None:
            if self.cause is not None:
                raise NotReady(f"The model could not be loaded: {self.cause.message}", self.cause.hint)
            raise NotReady(f"The model is not ready yet (state {self.state.value}).", "Try again in a moment.")
        return self._pipeline

    @property
    def model_id(self) -> str:
        """The loaded model's id; "none" before there is one, or where a bare file has none."""
        return (self._pipeline and self._pipeline.loaded.model_id) or "none"

    @property
    def execution_parameters(self) -> Callable[[], Reply] | None:
        """The loaded script's own way to say how batch transform should send; None without one."""
        return self._pipeline.execution_parameters if self._pipeline else None

    def invoke(self, invocation: Invocation, timings: Timings) -> Reply:
        """Answer one invocation when its turn comes; raises Busy when it doesn't, and what the pipeline raises."""
        with self._turns:
            timings.done("wait")
            return self.pipeline(invocation, timings)
