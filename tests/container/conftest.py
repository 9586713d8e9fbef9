"""The image, built once, and containers from it. Without Docker these tests skip, unless CI says they may not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
from containers import ROOT, Container, docker


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
