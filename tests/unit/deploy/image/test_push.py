"""The order of a push, and everything that stops one."""

from __future__ import annotations

import re

import pytest
from fake_docker import ARRIVED, FINE, FakeCheck, FakeDocker, FakeRegistry

from deploy.errors import DeployError, LimitError, Missing, NotSupported, UsageError
from deploy.image.push import Push
from deploy.image.registry import Home

ECR = Home("123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice")
OCI = "application/vnd.oci.image.manifest.v1+json"


def push(docker, home=ECR, said=None, check=None):
    registry = FakeRegistry(home)
    return Push(docker, registry, check or FakeCheck(), (said if said is not None else []).append).run("coppice:1")


def test_it_logs_in_looks_pushes_and_looks_again():
    docker, check = FakeDocker(FINE), FakeCheck()
    done = push(docker, check=check)
    full = f"{ECR.uri}:1"
    assert docker.done == [
        ("login", ECR.host, "AWS"),
        ("stored", full, "False"),
        ("tag", "sha256:config", full),
        ("push", full),
        ("stored", full, "False"),
    ]
    assert check.ran == ["coppice:1"]
    assert (done.uri, done.pushed, done.tag) == (f"{ECR.uri}@sha256:digest", True, "1")


def test_on_loopback_docker_speaks_plain_http():
    for host, plain in [("127.0.0.1:5000", "True"), ("localhost:5000", "True"), ("10.0.0.1:5000", "False")]:
        docker = FakeDocker(FINE)
        push(docker, Home(f"{host}/coppice"))
        assert ("stored", f"{host}/coppice:1", plain) in docker.done


@pytest.mark.parametrize("there", [ARRIVED, ARRIVED._replace(digest="sha256:config", config="sha256:x")])
def test_what_is_there_already_is_not_pushed_again(there):
    """The engine's id is that of the config or, in containerd's store, that of the manifest."""
    docker, said = FakeDocker(FINE, there=there), []
    done = push(docker, said=said)
    assert not any(command[0] in ("push", "tag") for command in docker.done)
    assert (done.uri, done.pushed) == (f"{ECR.uri}@{there.digest}", False)
    assert "nothing to push" in said[-1]


@pytest.mark.parametrize(
    "there", [ARRIVED._replace(config="sha256:another"), ARRIVED._replace(digest="", config="", media_type="an index")]
)
def test_a_tag_that_names_another_image_is_left_alone(there):
    docker = FakeDocker(FINE, there=there)
    with pytest.raises(UsageError, match="another image already") as caught:
        push(docker)
    assert not any(command[0] == "push" for command in docker.done)
    assert "coppice push coppice TAG" in caught.value.hint


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (FINE._replace(platform="linux/arm64"), NotSupported, "built for linux/arm64"),
        (FINE._replace(bytes=10_000_000_000), LimitError, "has 10.00 GB"),
        (FINE._replace(media_type=OCI), NotSupported, OCI),
    ],
)
def test_a_bad_image_stops_before_the_registry_hears_of_it(image, error, words):
    docker, registry = FakeDocker(image), FakeRegistry(ECR)
    with pytest.raises(error, match="coppice:1") as caught:
        Push(docker, registry, FakeCheck(), lambda line: None).run("coppice:1")
    assert words in caught.value.message
    assert caught.value.hint
    assert (docker.done, registry.prepared) == ([], [])


def test_an_image_just_under_the_limit_passes():
    assert push(FakeDocker(FINE._replace(bytes=9_999_999_999))).pushed


def test_an_image_that_is_not_here_names_the_command_that_builds_it():
    with pytest.raises(Missing) as caught:
        push(FakeDocker())
    assert caught.value.hint == "Build it: coppice build coppice 1"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("arrives", "words"),
    [
        (ARRIVED._replace(media_type=OCI), OCI),
        (ARRIVED._replace(config="sha256:another"), "another image"),
        (ARRIVED._replace(media_type="an index of 2 manifests", digest="", config=""), "an index of 2"),
        (None, "doesn't have it"),
    ],
)
def test_what_arrived_is_looked_at(arrives, words):
    with pytest.raises(DeployError, match=re.escape(words)):
        push(FakeDocker(FINE, arrives=arrives))


def test_people_hear_of_a_repository_that_is_not_as_it_should_be():
    said = []
    done = push(FakeDocker(FINE), Home(ECR.uri, remarks=("tags can be overwritten",)), said)
    assert "  ! tags can be overwritten" in said
    assert done.remarks == ("tags can be overwritten",)
