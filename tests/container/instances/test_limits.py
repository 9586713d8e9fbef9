"""Every limit of the platform that Docker enforces here."""

from __future__ import annotations

from contextlib import suppress

import pytest
from programs import refusal, run
from waiting import until

from local_test.emulator.instances.docker_backend import DockerBackend
from local_test.emulator.instances.docker_engine import EngineMemory, connect
from local_test.emulator.instances.exchange import Broken, ping
from local_test.emulator.instances.instance import Launch

pytestmark = pytest.mark.container

GIB = 1 << 30


def test_who_outgrows_its_memory_is_killed(start):
    instance = start(memory_mb=256)
    run(instance, "sys.kept = b'x' * (100 << 20)")
    until(lambda: instance.memory_bytes() > 100 << 20)
    assert 100 << 20 < instance.memory_now() <= instance.memory_bytes() < 200 << 20
    run(instance, "del sys.kept")
    until(lambda: instance.memory_now() < 100 << 20)
    assert instance.ended() is None
    with pytest.raises(Broken):
        run(instance, "kept = b'x' * (300 << 20)")
    assert instance.ended() == (137, True)
    assert 240 << 20 < instance.memory_bytes() <= 256 << 20


def test_a_child_that_outgrows_it_is_the_container_s_end(start):
    instance = start(memory_mb=256)
    with suppress(Broken):  # it may answer before it is stopped
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
    burn = [
        "cpu, clock = time.process_time(), time.monotonic()",
        "while time.monotonic() - clock < 2: pass",
        "answer = (time.process_time() - cpu) / (time.monotonic() - clock)",
    ]
    assert float(run(start(cpus=0.25), "\n".join(burn))) < 0.25 * 1.3  # a busy machine gives less, never more


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
    if "network" in start.backend.not_enforced:
        pytest.skip("containers are reached through published ports here")
    instance, other = start(), start()
    reach = "import socket; socket.create_connection(({!r}, {}), 1)"
    for host, port in (("1.1.1.1", 53), (other.host, other.port)):
        assert refusal(instance, reach.format(host, port)) in ("ENETUNREACH", "no answer")
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


def test_where_containers_have_no_address_here_their_port_is_published(small, tmp_path):
    backend = DockerBackend(connect()._replace(is_here=False), tmp_path / "disks", 5 * GIB, 0.1)
    assert {"network", "/tmp counts as memory"} <= set(backend.not_enforced)
    instance = backend.start(Launch("endpoint/e", small, None, {}, 256, 0.5), lambda line: None)
    until(lambda: ping(instance, 2) == 200)
    assert instance.host == "127.0.0.1"
    assert run(
        instance, "open('/tmp/a', 'w'); answer = os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize"
    ) == str(5 * GIB)
    backend.close()


def test_the_engine_s_own_numbers_do_where_no_control_group_is_seen(start):
    instance = start(memory_mb=256)
    run(instance, "sys.kept = b'x' * (100 << 20)")
    reading = EngineMemory(instance.container).read()
    assert 100 << 20 < reading.used < 200 << 20
    assert not reading.killed
    with suppress(Broken):
        run(instance, "kept = b'x' * (300 << 20)")
    instance.ended()
    until(lambda: instance._over.is_set())
    assert EngineMemory(instance.container).read().killed
    instance.stop(0)
    assert EngineMemory(instance.container).read() is None


def test_what_is_not_enforced_is_said(tmp_path):
    one, two = (DockerBackend(connect()._replace(cpus=2), tmp_path / "disks", GIB, most) for most in (2, 3.47))
    assert "CPU share beyond this machine's 2" in two.not_enforced
    assert not any("CPU" in phrase for phrase in one.not_enforced)
    one.close()
    two.close()
