"""Containers of a small image, started by the backend under test."""

from __future__ import annotations

from pathlib import Path

import pytest
from waiting import until

from local_test.emulator.instances.docker_backend import DockerBackend
from local_test.emulator.instances.docker_engine import connect
from local_test.emulator.instances.exchange import ping
from local_test.emulator.instances.instance import Launch

GIB = 1 << 30


@pytest.fixture(scope="module")
def engine(_engine):
    engine = connect()
    yield engine
    engine.client.close()


@pytest.fixture
def make(tmp_path):
    backends = []

    def make() -> DockerBackend:
        folder = tmp_path / f"disks{len(backends)}"
        backends.append(DockerBackend(connect(), folder, 5 * GIB, 0.1))
        return backends[-1]

    yield make
    for backend in backends:
        backend.close()
    assert [path for folder in tmp_path.glob("disks*") for path in folder.iterdir()] == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


@pytest.fixture
def start(make, small):
    backend = make()

    def start(before: str = "", lines=lambda line: None, **changes):
        asked = {"owner": "endpoint/e", "image": small, "model": None, "memory_mb": 1024, "cpus": 0.58}
        instance = backend.start(Launch(**{**asked, "environment": {"BEFORE": before}, **changes}), lines)
        until(lambda: instance.ended() or ping(instance, 2) == 200)
        return instance

    start.backend = backend
    return start
