"""What an instance is, whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Program:
    """What a training job runs instead of `serve`, and the folder that is /opt/ml to it: input, later output."""

    base: Path
    arguments: tuple[str, ...] = ("train",)
    entrypoint: tuple[str, ...] | None = None
    """In the image's own's place."""
    isolated: bool = False
    """Without any network."""


@dataclass(frozen=True)
class Launch:
    """What to start: `serve` of an image, over an unpacked model; or a training job's program."""

    owner: str
    """endpoint/NAME or transform-job/NAME; it marks what runs."""
    image: str
    """The URI as the model names it: REGISTRY/REPOSITORY:TAG or …@sha256:…"""
    model: Path | None
    """The folder that becomes /opt/ml/model, read-only; None for an image that has its model in it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int | None = None
    """The hard limit of a serverless instance; None for the others, which have the machine's."""
    cpus: float | None = None
    """The share of a serverless instance, of one CPU."""
    program: Program | None = None


class Exit(NamedTuple):
    """How an instance ended."""

    code: int | None
    out_of_memory: bool
    """Killed because it outgrew `memory_mb`."""


class Instance(Protocol):
    """One that runs, or ran. It answers HTTP at `host`:`port` once it is up; nobody has waited for that yet."""

    id: str
    host: str
    port: int

    def ended(self) -> Exit | None:
        """How it ended; None while it runs."""

    def memory_bytes(self) -> int:
        """The most it has used so far, as measured; 0 where nothing was measured yet."""

    def memory_now(self) -> int:
        """What it used when it was last looked at, in bytes; 0 where nothing was measured yet."""

    def end(self, grace: float) -> None:
        """SIGTERM, SIGKILL after `grace` seconds; what it has written can still be collected."""

    def collect(self) -> None:
        """Fetch what a training job that has ended wrote, into its program's folder."""

    def stop(self, grace: float) -> None:
        """SIGTERM, SIGKILL after `grace` seconds, then leave nothing: no container, process, mount or file."""


class CannotStart(Exception):
    """An instance can't be started; the message is for people."""


class ImageNotFound(CannotStart):
    """There is no such image."""


class BackendDown(CannotStart):
    """Docker doesn't answer."""


Lines = Callable[[bytes], None]
"""Takes what an instance prints, stdout and stderr, one line without its end at a time, from a thread of its own."""


class Backend(Protocol):
    """Starts instances. Thread-safe: 200 may be asked for at once."""

    name: str
    not_enforced: tuple[str, ...]
    """What of the platform this machine doesn't enforce, each a short phrase for people, such as "CPU share"."""

    def resolve(self, image: str) -> None:
        """Look whether an image is there, pulling it if need be. Raises ImageNotFound and BackendDown."""

    def start(self, launch: Launch, lines: Lines) -> Instance:
        """Start one and return at once. Raises CannotStart."""

    def trouble(self) -> str | None:
        """What is wrong with the backend as a whole, for people; None while it works."""

    def close(self) -> None:
        """Leave nothing behind that it started."""
