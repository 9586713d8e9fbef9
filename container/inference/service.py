"""The model's state from start to finish, and the door to it: how many requests run, wait, or are turned away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Final

from container.errors import Busy, ContainerError, NotReady
from container.inference.pipeline import Invocation, Pipeline, Reply, Timings

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


class Service:
    """Holds the pipeline once it is loaded. `cores` requests predict at a time; the others wait up to `timeout` s."""

    def __init__(self, cores: int, timeout: float) -> None:
        self.state = State.NEW
        self.cause: ContainerError | None = None
        self._pipeline: Pipeline | None = None
        self._timeout = timeout
        self._places = threading.BoundedSemaphore(THREADS - RESERVED)
        self._cores = threading.BoundedSemaphore(cores)

    def load(self, open_pipeline: Callable[[], Pipeline]) -> None:
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
    def pipeline(self) -> Pipeline:
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

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among the requests in this worker; raises Busy when there is none, before the body is read."""
        if not self._places.acquire(blocking=False):
            raise Busy(f"{THREADS - RESERVED} requests are already in this server.", "Try again, or add instances.")
        try:
            yield
        finally:
            self._places.release()

    def invoke(self, invocation: Invocation, timings: Timings) -> Reply:
        """Answer one invocation when its turn comes; raises Busy after `timeout` seconds of waiting."""
        turn = self._cores.acquire(timeout=self._timeout)
        timings.done("wait")
        if not turn:
            raise Busy(
                f"The request waited {self._timeout:g} s for its turn.",
                "Send less at a time, or add instances.",
            )
        try:
            return self.pipeline(invocation, timings)
        finally:
            self._cores.release()
