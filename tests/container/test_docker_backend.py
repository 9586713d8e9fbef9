"""Instances as containers: every limit that is enforced, and that nothing is left."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from containers import docker
from programs import SERVER

from local_test.emulator.instances import docker_backend
from local_test.emulator.instances.disk import DiskFailed, Disks
from local_test.emulator.instances.docker_backend import DockerBackend
from local_test.emulator.instances.docker_engine import connect
from local_test.emulator.instances.exchange import Broken, Question, TimedOut, exchange, ping
from local_test.emulator.instances.instance import BackendDown, CannotStart, ImageNotFound, Launch

pytestmark = pytest.mark.container

SOON = 60
GIB = 1 << 30


@pytest.fixture(scope="session")
def small(tmp_path_factory, _engine) -> str:
    """An image whose `serve` runs the Python it is sent."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "serve").write_text(
        "#!/usr/bin/env python3\nBEFORE = lambda: exec(os.environ.get('BEFORE', ''), globals())\n"
        + SERVER.replace("\nBEFORE\n", "\nBEFORE()\n")
    )
    (folder / "serve").chmod(0o755)
    base = os.environ.get("BASE_IMAGE", "python:3.13-slim")
    (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY serve /usr/local/bin/serve\n")
    docker("build", "--tag", "coppice-test-small", str(folder))
    return "coppice-test-small"


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


def until(done) -> None:
    end = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def run(instance, code: str) -> str:
    return exchange(instance, Question("POST", "/invocations", (), code.encode()), SOON, 10**7).body.decode()


def refusal(instance, code: str) -> str:
    """The error that a line of Python meets, by its errno's name."""
    lines = ["import errno", "try:", f"    {code}", "    answer = 'nothing'", "except OSError as error:"]
    return run(instance, "\n".join([*lines, "    answer = errno.errorcode[error.errno]"]))


def test_who_outgrows_its_memory_is_killed(start):
    instance = start(memory_mb=256)
    run(instance, "sys.kept = b'x' * (100 << 20)")
    until(lambda: instance.memory_bytes() > 100 << 20)
    assert instance.memory_bytes() < 200 << 20
    assert instance.ended() is None
    with pytest.raises(Broken):
        run(instance, "kept = b'x' * (300 << 20)")
    assert instance.ended() == (137, True)
    assert 240 << 20 < instance.memory_bytes() <= 256 << 20


def test_a_child_that_outgrows_it_is_the_container_s_end(start):
    instance = start(memory_mb=256)
    run(instance, "subprocess.run([sys.executable, '-c', 'b\"x\" * (300 << 20)'])")
    assert instance.ended() == (137, True)
    until(lambda: not instance.container.client.api.inspect_container(instance.id)["State"]["Running"])


def test_the_limit_is_for_serverless_instances_alone(start):
    instance = start(memory_mb=None, cpus=None)
    run(instance, "sys.kept = b'x' * (300 << 20)")
    until(lambda: instance.memory_bytes() > 300 << 20)
    assert run(instance, "open('/root/a', 'w'); answer = os.getuid()") == "0"
    assert instance.ended() is None


def test_the_cpu_share(start):
    burn = "c, w = time.process_time(), time.monotonic()\nwhile time.monotonic() - w < 2: pass\nanswer = time.process_time() - c"
    assert float(run(start(cpus=0.25), burn)) < 0.25 * 2 * 1.3


def test_nothing_can_be_written_but_tmp_and_by_nobody(start):
    instance = start()
    assert run(instance, "answer = os.getuid(), os.getgid(), os.getgroups()") == "(65534, 65534, [65534])"
    for folder in ("/", "/opt", "/var/tmp", "/root"):
        assert refusal(instance, f"open('{folder}/a', 'w')") in ("EROFS", "EACCES")
    assert run(instance, "answer = os.path.exists('/dev/shm')") == "False"
    assert refusal(instance, "import multiprocessing; multiprocessing.Lock()") in ("ENOENT", "ENOSYS", "EACCES")
    assert run(instance, "open('/tmp/a', 'w').write('x'); answer = os.listdir('/tmp')") == "['a']"
    status = run(instance, "answer = open('/proc/self/status').read()")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_there_is_no_network(start):
    instance, other = start(), start()
    reach = "import socket; socket.create_connection(({!r}, {}), 3)"
    assert refusal(instance, reach.format("1.1.1.1", 53)) == "ENETUNREACH"
    with pytest.raises((Broken, TimedOut)):  # the other instance is on the same network, and can't be seen
        exchange(instance, Question("POST", "/", (), reach.format(other.host, 8080).encode()), 5, 1000)
    assert ping(other, 5) == 200


def test_the_number_of_processes(start):
    many = "[subprocess.Popen(['sleep', '100']) for _ in range(1100)]"
    assert refusal(start(), many) == "EAGAIN"


def test_tmp_is_five_gigabytes_of_disk_and_no_memory(start):
    if "/tmp counts as memory" in start.backend.not_enforced:
        pytest.skip("needs root for loop devices")
    instance = start(memory_mb=256)
    size = int(run(instance, "s = os.statvfs('/tmp'); answer = s.f_bavail * s.f_frsize"))
    assert 0.95 * 5 * GIB < size <= 5 * GIB
    write = "f = open('/tmp/big', 'wb'); [f.write(bytes(1 << 20)) for _ in range(600)]; f.close(); answer = 1"
    assert run(instance, write) == "1"
    assert instance.ended() is None
    assert instance.memory_bytes() < 250 << 20
    assert refusal(instance, "os.posix_fallocate(os.open('/tmp/big', os.O_RDWR), 0, 6 << 30)") == "ENOSPC"


def test_tmp_full_is_an_error_of_the_program_not_its_end(small, tmp_path):
    backend = DockerBackend(connect(), tmp_path / "disks", 20 << 20, 0.1)
    instance = backend.start(Launch("endpoint/e", small, None, {}, 256, 0.5), lambda line: None)
    until(lambda: ping(instance, 2) == 200)
    assert refusal(instance, "f = open('/tmp/a', 'wb', 0); [f.write(bytes(1 << 20)) for _ in range(30)]") == "ENOSPC"
    assert instance.ended() is None
    backend.close()
    assert list((tmp_path / "disks").iterdir()) == []


def test_the_model_is_there_and_stays_as_it_is(start, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("trees")
    instance = start(model=tmp_path / "model")
    assert run(instance, "answer = open('/opt/ml/model/weights').read()") == "trees"
    assert refusal(instance, "open('/opt/ml/model/weights', 'w')") in ("EROFS", "EACCES")
    real_time = start(model=tmp_path / "model", memory_mb=None, cpus=None)
    assert refusal(real_time, "open('/opt/ml/model/weights', 'w')") == "EROFS"


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
from local_test.emulator.instances.docker_engine import connect
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
    from local_test.emulator.instances import disk

    disk.sweep(folder)
    assert not docker("ps", "--all", "--quiet", "--filter", label).stdout
    assert not docker("network", "ls", "--quiet", "--filter", label).stdout
    assert not folder.exists() or list(folder.iterdir()) == []
    assert str(folder) not in Path("/proc/mounts").read_text()
