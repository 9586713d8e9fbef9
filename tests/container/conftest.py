"""The image, built once, and containers from it. Without Docker these tests skip, unless CI says they may not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import joblib
import pandas as pd
import pytest
from containers import ROOT, Container, docker
from programs import SERVER


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    reason = "there is no docker command"
    if shutil.which("docker"):
        found = docker("info", check=False)
        if found.returncode == 0:
            return
        reason = (found.stderr.strip().splitlines() or ["docker info failed"])[-1]
    if os.environ.get("COPPICE_REQUIRE_DOCKER"):
        pytest.fail(f"Container tests must run here, but {reason}.")
    pytest.skip(f"needs a Docker engine: {reason}")


@pytest.fixture(scope="session")
def image(_engine: None) -> str:
    """Built by the command that the README shows."""
    name = "coppice-test"
    subprocess.run(["make", "image", f"IMAGE={name}"], cwd=ROOT, check=True, capture_output=True)
    return name


@pytest.fixture(scope="session")
def slim_image(image: str) -> str:
    """Built by the same command."""
    return f"{image}-slim"


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


@pytest.fixture(scope="session")
def scripts(tmp_path_factory, image):
    """A copy of local_test in which train_local.sh has run."""
    folder = tmp_path_factory.mktemp("local") / "local_test"
    shutil.copytree(ROOT / "local_test", folder, ignore=shutil.ignore_patterns("model.joblib", "manifest.json"))
    trained = subprocess.run([folder / "train_local.sh", image], check=True, capture_output=True, text=True)
    assert "validation:rmse=" in trained.stdout
    return folder


@pytest.fixture(scope="session")
def expected(scripts):
    """What the estimator itself says to payload.csv. It was written by another Python; the trees are the same."""
    estimator = joblib.load(scripts / "test_dir/model/model.joblib")
    return estimator.predict(pd.read_csv(scripts / "payload.csv")).tolist()


Run = Callable[..., Container]


@pytest.fixture
def run() -> Iterator[Run]:
    """Start a container in the background; it is removed with the test."""
    started: list[Container] = []

    def start(image: str, *options: str, command: str = "serve") -> Container:
        container = Container(docker("run", "--detach", *options, image, command).stdout.strip())
        started.append(container)
        return container

    yield start
    for container in started:
        docker("rm", "--force", "--volumes", container.id)
