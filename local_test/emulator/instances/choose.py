"""Which backend runs the instances, and the end of what dead emulators left."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from local_test.emulator.instances import disk, docker_backend, process
from local_test.emulator.instances.docker_backend import DockerBackend
from local_test.emulator.instances.docker_engine import connect
from local_test.emulator.instances.instance import Backend, BackendDown
from local_test.emulator.instances.process import ProcessBackend
from local_test.emulator.options import Options

LARGEST_MB: Final = 6144


class Choice(NamedTuple):
    """A backend, and why it is that one, for people."""

    backend: Backend
    why: str


def backend(options: Options, folder: Path, images: Collection[str]) -> Choice:
    """The backend that `options.backend` names: docker, process, or auto, which is docker where there is one.

    `folder` is this emulator's own, and goes with it. `images` are the URIs or digests that stand for this checkout
    where there is no Docker. Raises BackendDown.
    """
    if options.backend == "process":
        return Choice(ProcessBackend(folder / "processes", images), "as asked for")
    try:
        engine = connect()
    except BackendDown as error:
        if options.backend == "docker":
            raise
        return Choice(ProcessBackend(folder / "processes", images), str(error))
    docker = DockerBackend(engine, folder / "disks", options.limits.disk_bytes, LARGEST_MB / options.mb_per_vcpu)
    return Choice(docker, "as asked for" if options.backend == "docker" else "Docker answers")


def sweep(folder: Path) -> None:
    """End the processes and disks that a killed emulator left in its folder."""
    process.sweep(folder / "processes")
    disk.sweep(folder / "disks")


def sweep_docker() -> None:
    """Remove the containers and networks of emulators that have ended, where Docker answers."""
    with suppress(BackendDown):
        engine = connect()
        docker_backend.sweep(engine)
        engine.client.close()
