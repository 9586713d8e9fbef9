"""How containers start and end, whatever happens to Docker or the emulator, and that nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from containers import docker
from detour import Detour
from programs import run
from waiting import until

from local_test.emulator.instances import disk, docker_backend
from local_test.emulator.instances.docker_backend import DockerBackend
from local_test.emulator.instances.docker_engine import connect
from local_test.emulator.instances.exchange import Broken, ping
from local_test.emulator.instances.instance import BackendDown, CannotStart, ImageNotFound, Launch

pytestmark = pytest.mark.container

SOON = 60
GIB = 1 << 30


def test_every_line_comes_the_last_one_too(start):
    lines: list[bytes] = []
    instance = start("print('first', flush=True)", lines.append)
    with pytest.raises(Broken):
        run(instance, "os.write(2, b'y' * 3_000_000); os.write(1, b'last'); os._exit(5)")
    until(lambda: instance.ended())
    assert instance.ended() == (5, False)
    instance.stop(0)
    assert lines[0] == b"first"
    assert b"last" in lines
    assert sum(len(line) for line in lines) == 5 + 4 + 3_000_000
    assert max(len(line) for line in lines) == 256 * 1024


def test_a_stop_asks_and_then_insists(start):
    polite = start("signal.signal(signal.SIGTERM, lambda *_: os._exit(7))")
    polite.stop(SOON)
    assert polite.ended() == (7, False)
    deaf = start("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    deaf.stop(0.2)
    deaf.stop(0.2)
    assert deaf.ended().code in (137, None)
    assert docker("inspect", deaf.id, check=False).returncode != 0


def test_images_that_are_not_there(start):
    for image in (
        "127.0.0.1:1/nothing:1",
        "nothing-that-anybody-has:1",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice@sha256:" + "0" * 64,
        "Not/AnImage:!",
    ):
        with pytest.raises(ImageNotFound, match=image[:20]):
            start.backend.resolve(image)
    with pytest.raises(ImageNotFound):
        start(image="nothing-that-anybody-has:1")


def test_an_image_without_serve(start, tmp_path, small):
    (tmp_path / "Dockerfile").write_text(f"FROM {small}\nUSER root\nRUN rm /usr/local/bin/serve\n")
    docker("build", "--tag", "coppice-test-empty", str(tmp_path))
    with pytest.raises(CannotStart, match="serve"):
        start(image="coppice-test-empty")
    docker("rmi", "--force", "coppice-test-empty")


def made(what: str, backend: DockerBackend | None = None) -> list[str]:
    label = docker_backend.LABEL + (f"={backend._id}" if backend else "")
    listed = {"containers": ("ps", "--all"), "networks": ("network", "ls")}[what]
    return docker(*listed, "--quiet", "--filter", f"label={label}").stdout.split()


def test_two_at_once_and_nothing_left_of_the_one_that_closes(make, small):
    one, two = make(), make()
    launch = Launch("endpoint/e", small, None, {}, 256, 0.5)
    for backend in (one, two):
        instance = backend.start(launch, lambda line: None)
    docker_backend.sweep(connect())
    assert len(made("containers", one)) == len(made("networks", one)) == 1
    one.close()
    assert made("containers", one) == made("networks", one) == []
    until(lambda: ping(instance, 2) == 200)
    with pytest.raises(BackendDown):
        one.start(launch, lambda line: None)


EMULATOR = """
import sys, time
from pathlib import Path
from local_test.emulator.instances.docker_backend import DockerBackend
from local_test.emulator.instances.docker_engine import EngineMemory, connect
from local_test.emulator.instances.instance import Launch
backend = DockerBackend(connect(), Path({folder!r}), 5 << 30, 0.1)
backend.start(Launch("endpoint/e", {image!r}, None, {{}}, 256, 0.5), lambda line: None)
print(backend._id, flush=True)
time.sleep(1000)
"""


def test_what_a_killed_emulator_left_is_swept(tmp_path, small, engine):
    folder = tmp_path / "disks"
    code = EMULATOR.format(folder=str(folder), image=small)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as emulator:
        label = f"label={docker_backend.LABEL}={emulator.stdout.readline().strip()}"
        os.kill(emulator.pid, signal.SIGKILL)
    assert docker("ps", "--quiet", "--filter", label).stdout
    docker_backend.sweep(engine)
    disk.sweep(folder)
    assert not docker("ps", "--all", "--quiet", "--filter", label).stdout
    assert not docker("network", "ls", "--quiet", "--filter", label).stdout
    assert not folder.exists() or list(folder.iterdir()) == []
    assert str(folder) not in Path("/proc/mounts").read_text()


def test_docker_stops_and_comes_back(small, tmp_path, engine, monkeypatch):
    if not engine.is_here:
        pytest.skip("needs Docker on a local socket")
    detour = Detour(tmp_path / "docker.sock", "/var/run/docker.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{detour.path}")
    backend = DockerBackend(connect(), tmp_path / "disks", 5 * GIB, 0.1)
    monkeypatch.delenv("DOCKER_HOST")
    launch = Launch("endpoint/e", small, None, {}, 256, 0.5)
    instance = backend.start(launch, lambda line: None)
    until(lambda: ping(instance, 2) == 200)
    assert backend.trouble() is None
    detour.down()
    until(lambda: instance.ended() is not None)
    assert instance.ended() == (None, False)
    assert "Docker doesn't answer" in backend.trouble()
    with pytest.raises(BackendDown):
        backend.start(launch, lambda line: None)
    with pytest.raises(BackendDown):
        backend.resolve(small)
    instance.stop(30)
    assert docker("inspect", instance.id).returncode == 0  # nobody could remove it
    detour.up()
    assert backend.trouble() is None
    another = backend.start(launch, lambda line: None)
    until(lambda: ping(another, 2) == 200)
    assert docker("inspect", instance.id, check=False).returncode != 0
    backend.close()
    detour.down()
    assert list((tmp_path / "disks").iterdir()) == []
    monkeypatch.setenv("DOCKER_HOST", f"unix://{detour.path}")
    with pytest.raises(BackendDown):
        connect()
