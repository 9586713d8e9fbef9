"""Faults with processes as instances, through the whole emulator; tests/container has those with Docker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import broken_models
import psutil
import pytest
from endpoints import REGION, Endpoints
from local_emulator import COPPICE, SECONDS, Local, commands_in
from traces import Traces
from waiting import until

from local_test.emulator.limits import ACCOUNT, Limits
from local_test.emulator.registry.checkout import NAME


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with commands_in(tmp_path / "tmp") as local:
        yield local


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    right = broken_models.right(folder / "right")
    flipped = broken_models.with_a_flipped_bit(right, folder / "flipped.tar.gz")
    return {"right": right, "flipped": flipped, "heavy": broken_models.right(folder / "heavy", ballast=1200 << 20)}


def account(info: dict, models: dict[str, Path]) -> Endpoints:
    endpoints = Endpoints(info["address"], f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}")
    s3 = endpoints.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name, path in models.items():
        s3.upload_file(str(path), "models", name)
    return endpoints


def answer(endpoints: Endpoints) -> list[float]:
    return [float(each) for each in endpoints.ask("right", broken_models.ROWS, "text/csv").split()]


def freeze(traces: Traces) -> None:
    """Have its instances answer nothing any more."""
    for process in traces.processes[1:]:
        process.suspend()


def test_a_call_has_sixty_seconds_unless_a_test_shortens_them():
    assert Limits().invocation_seconds == 60


def test_models_that_cannot_be_served(local, models):
    endpoints = account(local.up("--backend", "process"), models)
    said = {"flipped": "model.joblib", "heavy": "it outgrew 1024 MB"}
    for name in said:
        endpoints.create(name, model_url=f"s3://models/{name}")
    for name, words in said.items():
        status, reason = endpoints.settled(name)
        assert status == "Failed"
        assert words in reason
    until(lambda: any("model.joblib" in line for line in endpoints.lines("flipped")))


def test_killed_and_started_again(local, models, tmp_path):
    state = ("--backend", "process", "--state", tmp_path / "state")
    first = local.up(*state)
    endpoints = account(first, {"right": models["right"]})
    endpoints.up("right", model_url="s3://models/right")
    assert answer(endpoints) == pytest.approx(broken_models.ANSWER)
    traces = Traces(first, local.folder)
    os.kill(first["pid"], signal.SIGKILL)
    until(lambda: not psutil.pid_exists(first["pid"]))
    assert any(line.startswith("process") for line in traces.left())
    local.up(*state, "--port", str(first["port"]))
    assert [line for line in traces.left() if line.startswith("process")] == []
    assert endpoints.settled("right") == ("InService", "")
    assert answer(endpoints) == pytest.approx(broken_models.ANSWER)


@pytest.mark.parametrize("how", ["down", "SIGTERM", "Ctrl-C"])
def test_the_end_in_the_middle_of_a_call(local, models, how):
    foreground = subprocess.Popen(
        [COPPICE, "local", "up", "--port", "0", "--backend", "process"],
        env=local.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(lambda: any(each.get("address") for each in local.status()))
    (info,) = local.status()
    endpoints = account(info, {"right": models["right"]})
    endpoints.up("right", model_url="s3://models/right")
    assert answer(endpoints) == pytest.approx(broken_models.ANSWER)
    traces = Traces(info, local.folder)
    freeze(traces)
    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(endpoints.error, "right", broken_models.ROWS)
        until(lambda: local.status()[0]["endpoints"][0]["instances"][0]["state"] == "busy")
        if how == "down":
            down = thread_of_down(local)
            assert foreground.wait(SECONDS) == 0  # as its parent, this test has to ask for its end
            assert down.wait(SECONDS) == 0
        else:
            os.killpg(foreground.pid, signal.SIGINT if how == "Ctrl-C" else signal.SIGTERM)
            assert foreground.wait(SECONDS) == 0
        assert call.result(SECONDS)["ResponseMetadata"]["HTTPStatusCode"] >= 400
    assert traces.left() == []


def thread_of_down(local: Local) -> subprocess.Popen:
    return subprocess.Popen([COPPICE, "local", "down"], env=local.environment, stderr=subprocess.DEVNULL)


def test_two_at_one_port_at_once(local):
    port = str(local.up("--backend", "process")["port"])
    local.down()
    command = [COPPICE, "local", "up", "--detach", "--json", "--backend", "process", "--port", port]
    both = [subprocess.Popen(command, env=local.environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [json.loads(each.communicate(timeout=SECONDS)[0]) for each in both]
    assert sorted(each.returncode for each in both) == [0, 1]
    (refused,) = (each["error"]["code"] for each in said if "error" in each)
    assert refused == "port_taken"
    assert len(local.status()) == 1
