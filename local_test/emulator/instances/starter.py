"""From a wish to an instance that answers /ping: the model, the start, the wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from local_test.emulator.instances.instance import Backend, Exit, Instance, Lines
from local_test.emulator.instances.model_data import ModelData


class Wanted(NamedTuple):
    """What to start."""

    region: str
    owner: str
    image: str
    model_url: str | None
    environment: Mapping[str, str]
    memory_mb: int | None
    """None: not serverless, no limit."""
    start_seconds: float
    """For the download and /ping together."""


class Started(NamedTuple):
    """An instance that is ready, and how long that took."""

    instance: Instance
    download_seconds: float
    init_seconds: float
    """From the start of the container to its first 200 on /ping."""


class StartFailed(Exception):
    """No instance came of it; the message is for people, and nothing is left of the attempt.

    `image_missing`, `model_missing`: the image, the archive isn't there. `exit`: how it ended, where it did.
    `timed_out`: /ping never answered 200.
    """

    def __init__(
        self,
        message: str,
        *,
        image_missing: bool = False,
        model_missing: bool = False,
        exit: Exit | None = None,  # noqa: A002
        timed_out: bool = False,
    ) -> None:
        super().__init__(message)
        self.image_missing = image_missing
        self.model_missing = model_missing
        self.exit = exit
        self.timed_out = timed_out


class Starter:
    """Starts instances, and waits for them."""

    def __init__(self, backend: Backend, models: ModelData, mb_per_vcpu: int, ping_seconds: float) -> None: ...

    def start(self, wanted: Wanted, lines: Lines, cancelled: Callable[[], bool] = lambda: False) -> Started:
        """Start one and wait until it is ready. Raises StartFailed, soon where `cancelled` turns true."""
        raise NotImplementedError
