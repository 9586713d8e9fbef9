"""Which docker command builds, and what may come of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_docker import FINE, FakeDocker

from deploy.errors import LimitError, Missing, NotSupported
from deploy.image.build import Build, run
from deploy.image.docker import Answer

OCI_INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def build(tmp_path):
    (tmp_path / "Dockerfile").touch()
    return Build("coppice:1", tmp_path, "slim", {"VERSION": "1", "BASE_IMAGE": "b"}, ("--network", "host"))


def built_with(docker, build):
    run(build, docker, lambda line: None)
    return next(command for command in docker.done if "--tag" in command)


@pytest.mark.parametrize(
    "answer", [Answer(1, "", "unknown command: docker buildx"), Answer(0, "Options: --platform", "")]
)
def test_an_old_docker_is_not_given_flags_it_does_not_know(build, answer):
    docker = FakeDocker(FINE)
    docker.answer = lambda *arguments: answer
    assert built_with(docker, build) == (
        *("build", "--platform", "linux/amd64", "--target", "slim", "--tag", "coppice:1"),
        *("--build-arg", "VERSION=1", "--build-arg", "BASE_IMAGE=b", "--network", "host", str(build.context)),
    )


def test_buildkit_makes_one_docker_manifest_without_attestation(build):
    docker = FakeDocker(FINE)
    docker.answer = lambda *arguments: Answer(0, "  --provenance string  Shorthand for …", "")
    command = built_with(docker, build)
    assert command[:5] == ("buildx", "build", "--provenance=false", "--output", "type=docker,oci-mediatypes=false")
    assert command[5:7] == ("--platform", "linux/amd64")


@pytest.mark.parametrize(
    ("came", "error", "words"),
    [
        (FINE._replace(platform="linux/arm64"), NotSupported, "linux/arm64"),
        (FINE._replace(bytes=10_000_000_000), LimitError, "10.00 GB"),
        (FINE._replace(media_type=OCI_INDEX), NotSupported, OCI_INDEX),
    ],
)
def test_what_was_built_is_looked_at(build, came, error, words):
    with pytest.raises(error) as caught:
        run(build, FakeDocker(came), lambda line: None)
    assert words in caught.value.message
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_no_dockerfile_is_said_before_docker_is_asked(tmp_path):
    docker = FakeDocker()
    with pytest.raises(Missing, match="no Dockerfile"):
        run(Build("coppice:1", Path(tmp_path), "full", {}), docker, lambda line: None)
    assert docker.done == []
