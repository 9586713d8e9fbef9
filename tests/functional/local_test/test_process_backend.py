"""Instances as processes: their protocol, their memory, their end, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from programs import run, server
from traces import lives
from waiting import SOON, until

from local_test.emulator.instances.exchange import Broken, ping
from local_test.emulator.instances.instance import BackendDown, CannotStart, ImageNotFound, Launch
from local_test.emulator.instances.process import ProcessBackend, sweep

IMAGE = "127.0.0.1:5000/coppice@sha256:" + "0" * 64


def launch(**changes) -> Launch:
    return Launch(**{"owner": "endpoint/e", "image": IMAGE, "model": None, **changes})


@pytest.fixture
def make(tmp_path):
    backends = []

    def make(command=None, **options):
        backend = ProcessBackend(tmp_path / "instances", {IMAGE}, command or server(), **options)
        backends.append(backend)
        return backend

    yield make
    for backend in backends:
        backend.close()


def started(backend, lines=lambda line: None, **changes):
    instance = backend.start(launch(**changes), lines)
    until(lambda: ping(instance, 1) == 200)
    return instance


def test_the_environment_is_the_launch_s_and_no_credentials(make, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.txt").write_text("weights")
    instance = started(make(), model=tmp_path / "model", environment={"A": "1"})
    told = run(instance, "answer = (os.environ.get('AWS_SECRET_ACCESS_KEY'), os.environ['A'], os.getcwd())")
    assert told == str((None, "1", str(tmp_path / "instances" / instance.id / "tmp")))
    assert run(instance, "answer = os.environ['HOME'] == os.environ['TMPDIR'] == os.getcwd()") == "True"
    for folder in ("os.environ['SAGEMAKER_BASE_DIR'] + '/model'", "os.environ['SM_MODEL_DIR']"):
        assert run(instance, f"answer = open({folder} + '/a.txt').read()") == "weights"


def test_what_it_prints_comes_in_lines_the_last_one_too(make):
    lines: list[bytes] = []
    instance = started(make(), lines.append)
    run(instance, "print('one'); print('two', file=sys.stderr); sys.stdout.flush(); sys.stderr.flush()")
    run(instance, "os.write(1, b'three, without an end')")
    instance.stop(5)
    assert lines == [b"one", b"two", b"three, without an end"]


def test_a_stop_asks_first(make):
    lines: list[bytes] = []
    before = "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), os._exit(7)))"
    instance = started(make(server(before)), lines.append)
    assert instance.ended() is None
    instance.stop(SOON)
    assert instance.ended() == (7, False)
    assert lines == [b"bye"]


def test_a_stop_insists_after_its_grace_and_leaves_nothing(make, tmp_path):
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); subprocess.Popen(['sleep', '1000'])"
    escaped = "; subprocess.Popen(['sleep', '1001'], start_new_session=True)"
    instance = started(make(server(deaf + escaped)))
    children = psutil.Process(instance.pgid).children(recursive=True)
    assert len(children) == 2
    instance.stop(0.05)
    instance.stop(0.05)
    assert instance.ended() == (137, False)
    until(lambda: not any(child.is_running() for child in children))
    assert list((tmp_path / "instances").iterdir()) == []


def test_the_end_of_the_first_process_ends_the_others(make):
    instance = started(make(server("child = subprocess.Popen(['sleep', '1000'])")))
    child = psutil.Process(int(run(instance, "answer = child.pid")))
    with pytest.raises(Broken):
        run(instance, "os._exit(3)")
    until(lambda: instance.ended() is not None)
    assert instance.ended() == (3, False)
    until(lambda: not lives(child))


def test_who_outgrows_its_memory_is_killed(make):
    instance = started(make(), memory_mb=200)
    assert 0 < instance.memory_bytes() < 100 * 2**20
    run(instance, "sys.kept = b'x' * (50 << 20)")
    until(lambda: instance.memory_bytes() > 50 * 2**20)
    assert instance.ended() is None
    with pytest.raises(Broken):
        run(instance, "kept = b'x' * (300 << 20); time.sleep(1000)")
    until(lambda: instance.ended() is not None)
    assert instance.ended() == (137, True)
    assert instance.memory_bytes() > 200 * 2**20


def test_a_child_counts_and_what_is_shared_counts_once(make):
    grow = "kept = b'x' * (120 << 20)"
    instance = started(make(server(grow)), memory_mb=250)
    run(instance, "os.fork() or time.sleep(1000)")
    time.sleep(0.5)
    assert instance.ended() is None  # 240 MB of pages in two processes, 120 MB of memory
    with pytest.raises(Broken):
        run(instance, "os.fork() or (b'x' * (200 << 20), time.sleep(1000)); time.sleep(1000)")
    assert instance.ended() == (137, True)


def test_pages_that_a_child_makes_its_own_count_twice(make):
    instance = started(
        make(server("kept = bytearray(120 << 20)\nfor i in range(0, len(kept), 4096): kept[i] = 1")), memory_mb=200
    )
    write = "os.fork() or ([kept.__setitem__(i, 2) for i in range(0, len(kept), 4096)], time.sleep(1000))"
    with suppress(Broken):
        run(instance, write)
    until(lambda: instance.ended() is not None)
    assert instance.ended() == (137, True)


def test_without_a_limit_nobody_is_killed(make):
    instance = started(make())
    run(instance, "sys.kept = b'x' * (300 << 20)")
    until(lambda: instance.memory_bytes() > 300 * 2**20)
    assert instance.ended() is None


def test_megabytes_of_output_do_no_harm(make):
    sizes: list[int] = []
    instance = started(make(), lambda line: sizes.append(len(line)))
    run(instance, "os.write(1, b'x' * (3 << 20)); os.write(1, b'\\n'); print('y\\n' * 100000, end='', flush=True)")
    instance.stop(0)
    assert max(sizes) == 256 * 1024
    assert sum(sizes) == (3 << 20) + 100_000


def test_another_image_is_not_there(make):
    backend = make()
    backend.resolve(IMAGE)
    with pytest.raises(ImageNotFound, match="other:1"):
        backend.resolve("other:1")
    with pytest.raises(ImageNotFound):
        backend.start(launch(image="other:1"), print)


def test_a_command_that_is_not_there(make, tmp_path):
    with pytest.raises(CannotStart, match="No such file"):
        make(("/nowhere/python",)).start(launch(), print)
    assert list((tmp_path / "instances").iterdir()) == []


def test_after_close_there_is_nothing_and_nothing_more(make, tmp_path):
    backend = make()
    instances = [started(backend) for _ in range(3)]
    assert len({instance.port for instance in instances}) == 3
    backend.close()
    assert all(not psutil.pid_exists(instance.pgid) for instance in instances)
    assert list((tmp_path / "instances").iterdir()) == []
    with pytest.raises(BackendDown):
        backend.start(launch(), print)
    assert backend.trouble() is None


EMULATOR = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
from programs import run, server
from waiting import SOON, until
from local_test.emulator.instances.instance import Launch
from local_test.emulator.instances.process import ProcessBackend
backend = ProcessBackend(Path({folder!r}), ["i"], server("child = subprocess.Popen(['sleep', '1000'])"))
instance = backend.start(Launch("endpoint/e", "i", None), lambda line: None)
print(instance.pgid, flush=True)
time.sleep(1000)
"""


def test_what_a_killed_emulator_left_is_swept(tmp_path: Path):
    folder = tmp_path / "instances"
    code = EMULATOR.format(path=sys.path, folder=str(folder))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as emulator:
        orphan = psutil.Process(int(emulator.stdout.readline()))
        until(orphan.children)
        child = orphan.children()[0]
        os.kill(emulator.pid, signal.SIGKILL)
    assert orphan.is_running()
    sweep(folder)
    until(lambda: not lives(orphan) and not lives(child))
    assert not folder.exists()


def test_a_process_that_got_the_number_of_one_that_ended_is_spared(tmp_path: Path):
    folder = tmp_path / "instances"
    (folder / "a").mkdir(parents=True)
    with subprocess.Popen(["sleep", "1000"]) as innocent:
        (folder / "a" / "process").write_text(f"{os.uname().nodename} {innocent.pid} 1")
        sweep(folder)
        assert innocent.poll() is None
        innocent.kill()
