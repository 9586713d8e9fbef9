"""How emulators over Docker end, whoever ends them, and that nothing is left: of them, of Docker, of their calls."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from containers import docker
from endpoints import Endpoints
from local_emulator import COPPICE, SECONDS, Local, commands_in
from own_docker import OwnDocker
from traces import Traces
from waiting import until

pytestmark = pytest.mark.container


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with commands_in(tmp_path / "tmp") as local:
        yield local


def test_killed_and_started_again(local, small, tmp_path):
    if shutil.which("docker-registry") is None:
        pytest.skip("needs docker-registry")
    state = tmp_path / "state"
    local.environment["DOCKER_CONFIG"] = str(tmp_path / "docker")
    first = local.up("--backend", "docker", "--state", state)
    docker("tag", small, "houses:1")
    pushed = local.coppice("push", "houses", "1").stdout.strip()
    docker("rmi", "houses:1")
    account = Endpoints(first["address"], pushed)
    s3 = account.client("s3")
    s3.create_bucket(Bucket="houses", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="houses", Key="rows", Body=b"1,2,3")
    account.up("houses")
    assert account.ask("houses", "answer = 'before'") == "before"
    before = Traces(first, local.folder)
    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(account.ask, "houses", "time.sleep(1000)")
        until(lambda: local.status()[0]["endpoints"][0]["instances"][0]["state"] == "busy")
        os.kill(first["pid"], signal.SIGKILL)
        assert call.exception(SECONDS) is not None
    assert before.containers()
    assert len([process for process in before.processes if process.is_running()]) >= 1  # the registry's

    again = local.up("--backend", "docker", "--state", state, "--port", str(first["port"]))
    assert again["registry"] == first["registry"]
    assert docker("ps", "--all", "--quiet", "--filter", before.label).stdout == ""
    assert [line for line in before.left() if line.split()[0] in ("process", "network", "registry", "mount")] == []
    assert s3.get_object(Bucket="houses", Key="rows")["Body"].read() == b"1,2,3"
    (image,) = account.client("ecr").describe_images(repositoryName="houses")["imageDetails"]
    assert image["imageDigest"] == pushed.partition("@")[2]
    assert account.settled("houses") == ("InService", "")
    assert account.ask("houses", "answer = 'after'") == "after"
    docker("rmi", "--force", pushed)


def test_three_at_once_and_each_ends_in_its_own_way_in_the_middle_of_a_call(local, small, tmp_path):
    foreground = subprocess.Popen(
        [COPPICE, "local", "up", "--port", "0", "--backend", "docker"],
        env=local.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    detached = [local.start(backend="docker", state=str(tmp_path / name)) for name in ("one", "other")]
    until(lambda: len(local.status()) == 3 and all("address" in each and each["address"] for each in local.status()))
    (interrupted,) = (each for each in local.status() if each["pid"] == foreground.pid)
    terminated, downed = detached
    ends = {
        foreground.pid: lambda: os.killpg(foreground.pid, signal.SIGINT),
        terminated["pid"]: lambda: os.kill(terminated["pid"], signal.SIGTERM),
        downed["pid"]: lambda: local.coppice("local", "down", "--port", str(downed["port"])),
    }
    infos = [interrupted, terminated, downed]
    emulators = [Endpoints(info["address"], small) for info in infos]
    for emulator in emulators:
        emulator.create("houses")
    with ThreadPoolExecutor(3) as threads:
        calls = []
        for emulator in emulators:
            assert emulator.settled("houses") == ("InService", "")
            assert emulator.ask("houses", "answer = 1") == "1"
            calls.append(threads.submit(emulator.error, "houses", "time.sleep(1000)"))
        until(lambda: [_state(each) for each in local.status()] == ["busy"] * 3)
        traces = [Traces(info, local.folder) for info in infos]
        for number, (info, trace, call) in enumerate(zip(infos, traces, calls, strict=True)):
            assert {line.split()[0] for line in trace.left()} >= {"process", "container", "network", "file"}
            ends[info["pid"]]()
            assert call.result(SECONDS)["ResponseMetadata"]["HTTPStatusCode"] >= 400
            if info is interrupted:
                assert foreground.wait(SECONDS) == 0
            until(lambda trace=trace: not psutil_lives(trace))
            assert trace.left() == []
            for emulator in emulators[number + 1 :]:
                assert emulator.ask("houses", "answer = 2") == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "other", "tmp"]


def psutil_lives(trace: Traces) -> bool:
    return any(line.startswith("process") for line in trace.left())


def _state(emulator: dict) -> str:
    return emulator["endpoints"][0]["instances"][0]["state"]


@pytest.fixture
def engine(small: str) -> Iterator[OwnDocker]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root, and dockerd")
    engine = OwnDocker()
    engine.load(small)
    yield engine
    engine.close()


def test_docker_stops_and_comes_back(engine, local, small):
    local.environment["DOCKER_HOST"] = engine.host
    info = local.start(backend="docker")
    account = Endpoints(info["address"], small)
    account.up("houses")
    assert account.ask("houses", "answer = 1") == "1"
    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(account.error, "houses", "time.sleep(1000)")
        until(lambda: _state(local.status()[0]) == "busy")
        engine.down()
        assert call.result(SECONDS)["Code"] == "ModelError"
    for _ in range(2):
        refused = account.error("houses", "answer = 2")
        assert (refused["Code"], refused["ResponseMetadata"]["HTTPStatusCode"]) == ("ServiceUnavailable", 503)
        assert "Docker doesn't answer" in refused["Error"]["Message"]
    assert "Docker doesn't answer" in local.status()[0]["trouble"]
    assert "Docker doesn't answer" in local.coppice("local", "status").stdout
    account.create("another")
    status, reason = account.settled("another")
    assert status == "Failed"
    assert "Docker doesn't answer" in reason

    engine.up()
    assert local.status()[0]["trouble"] is None
    assert account.ask("houses", "answer = 3") == "3"
    traces = Traces(info, local.folder, engine.command)
    assert len(traces.containers()) == 1
    local.down()
    assert traces.left() == []
    assert subprocess.run([*engine.command, "ps", "-aq"], capture_output=True, check=True).stdout == b""
