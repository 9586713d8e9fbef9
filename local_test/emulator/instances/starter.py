"""From a wish to an instance that answers /ping: the model, the start, the wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from local_test.emulator.instances.exchange import ping
from local_test.emulator.instances.instance import Backend, CannotStart, Exit, ImageNotFound, Instance, Launch, Lines
from local_test.emulator.instances.model_data import ModelData, ModelDataError

PING_PAUSE: Final = 0.015
"""Seconds between one /ping and the next: a cold start is measured this finely."""
CANCEL_PAUSE: Final = 0.1
"""Seconds in which a cancelled start is noticed."""


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

    def __init__(
        self,
        backend: Backend,
        models: ModelData,
        mb_per_vcpu: int,
        ping_seconds: float,
        place_of: Callable[[str], str] = lambda image: image,
    ) -> None:
        """`place_of` says where an image lies that is named as in AWS's ECR."""
        self._backend = backend
        self._models = models
        self._mb_per_vcpu = mb_per_vcpu
        self._ping_seconds = ping_seconds
        self._place_of = place_of

    def start(self, wanted: Wanted, lines: Lines, cancelled: Callable[[], bool] = lambda: False) -> Started:
        """Start one and wait until it is ready. Raises StartFailed, soon where `cancelled` turns true."""
        wanted = wanted._replace(image=self._place_of(wanted.image))
        try:
            self._backend.resolve(wanted.image)  # AWS has the image at hand: pulling isn't in its time
            patience = _Patience(wanted.start_seconds, cancelled)
            model = self._models.fetch(wanted.region, wanted.model_url, patience.sleep) if wanted.model_url else None
            began = time.monotonic()
            instance = self._backend.start(self._launch(wanted, model), lines)
        except ImageNotFound as error:
            raise StartFailed(str(error), image_missing=True) from None
        except CannotStart as error:
            raise StartFailed(str(error)) from None
        except ModelDataError as error:
            raise StartFailed(str(error), model_missing=True) from None
        try:
            self._wait_for(instance, wanted, patience)
        except BaseException:
            instance.stop(0)
            raise
        return Started(instance, began - patience.began, time.monotonic() - began)

    def _launch(self, wanted: Wanted, model: Path | None) -> Launch:
        return Launch(
            owner=wanted.owner,
            image=wanted.image,
            model=model,
            environment=wanted.environment,
            memory_mb=wanted.memory_mb,
            cpus=wanted.memory_mb / self._mb_per_vcpu if wanted.memory_mb else None,
        )

    def _wait_for(self, instance: Instance, wanted: Wanted, patience: _Patience) -> None:
        while True:
            status = ping(instance, min(self._ping_seconds, patience.left()))
            ended = instance.ended()
            if ended is not None:
                raise StartFailed(_how(ended, wanted), exit=ended)
            if status == HTTPStatus.OK:
                return
            patience.so_far = f"its last answer was {status}" if status else "it gave no answer"
            patience.sleep(PING_PAUSE)


class _Patience:
    """How long an attempt may still take, and whether anybody still wants it."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        self.began = time.monotonic()
        self.so_far = "its model was still on its way"
        self._seconds = seconds
        self._cancelled = cancelled

    def left(self) -> float:
        """Seconds; raises StartFailed where there is none."""
        if self._cancelled():
            raise StartFailed("The start was cancelled.")
        left = self.began + self._seconds - time.monotonic()
        if left <= 0:
            raise StartFailed(
                f"The container didn't answer /ping with 200 within {self._seconds:g} s: {self.so_far}.", timed_out=True
            )
        return left

    def sleep(self, seconds: float) -> None:
        """Wait in small steps; raises StartFailed as `left` does."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            time.sleep(min(rest, self.left(), CANCEL_PAUSE))


def _how(ended: Exit, wanted: Wanted) -> str:
    if ended.out_of_memory:
        return f"The container outgrew its memory of {wanted.memory_mb} MB before it answered /ping."
    code = "" if ended.code is None else f" with code {ended.code}"
    return f"The container ended{code} before it answered /ping with 200."
