"""model.tar.gz from S3, unpacked: what the platform does before it starts a container."""

from __future__ import annotations

from pathlib import Path

from local_test.emulator.aws import Aws


class ModelDataError(Exception):
    """The archive isn't there, or can't be unpacked; the message is for people."""


class ModelData:
    """Unpacked models, each kept once for all instances that use it."""

    def __init__(self, aws: Aws, folder: Path, rate: int | None) -> None:
        """`folder` is the emulator's own; `rate` is bytes of the archive per second, None for as fast as it goes."""

    def fetch(self, region: str, url: str) -> Path:
        """The folder of an s3://… archive, read-only for whoever. Takes as long as `rate` says, each time it is asked.

        Raises ModelDataError.
        """
        raise NotImplementedError
