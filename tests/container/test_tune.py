"""`coppice tune` over containers: a size's memory and CPU are the real ones, and what it recommends really serves."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import docker
from local_emulator import Local
from traces import Traces
from tune_calls import CALLS, write_models

pytestmark = pytest.mark.container
ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture(scope="module")
def models(tmp_path_factory, _engine) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def local(tmp_path) -> Iterator[Local]:
    local = Local(tmp_path)
    yield local
    local.coppice("local", "down", "--all", check=False)


def test_the_recommended_size_serves_a_thousand_calls_and_the_smaller_one_fails(local, models, image):
    done = local.coppice(
        "tune", "--model", models / "heavy.tar.gz", "--payload", models / "rows.csv", "--image", f"{image}:latest",
        "--backend", "docker", "--memory", "1024,2048", "--calls", "4", "--cold-starts", "2", "--json",
        "-o", local.folder / "out",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["recommendation"]["memory_mb"] == 2048
    small, chosen = found["sizes"]
    assert small["out_of_memory"]
    assert 1100 << 20 < chosen["peak_memory_bytes"] < 2048 << 20
    assert {"container", "interpreter", "imports", "mapping", "first answer"} <= set(chosen["cold_starts"]["parts"])
    assert not docker("ps", "--all", "--quiet", "--filter", "label=coppice.local.owner").stdout

    traces = Traces(local.up("--backend", "docker"), local.folder)
    deploy = ["--model", models / "heavy.tar.gz", "--yes", "--role", ROLE]
    docker("tag", image, "heavy:1")
    local.environment["DOCKER_CONFIG"] = str(local.folder / "docker")
    pushed = local.coppice("push", "heavy", "1").stdout.strip()
    docker("rmi", "heavy:1", pushed.partition("@")[0] + ":1")
    failed = local.coppice("deploy", "--name", "small", "--memory", "1024", "--image", pushed, *deploy, check=False)
    assert failed.returncode == 1
    assert "outgrew" in failed.stderr
    local.coppice("deploy", "--name", "chosen", "--memory", "2048", "--image", pushed, *deploy)
    called = local.run(sys.executable, "-c", CALLS, "chosen", models / "rows.csv")
    assert called.stdout == "1000 answers\n"
    local.coppice("local", "down")
    assert traces.left() == []


def test_an_image_that_docker_has_not(local, models):
    done = local.coppice("tune", "--model", models / "heavy.tar.gz", "--payload", models / "rows.csv",
                         "--image", "nothing:1", check=False)  # fmt: skip
    assert done.returncode == 3
    assert "Docker has no image nothing:1 here" in done.stderr
    assert "--backend process" in done.stderr
