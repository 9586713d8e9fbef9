"""The clients of AWS, unmodified, against endpoints that are containers of an image pushed to the local registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import client_stories
import pytest
from client_stories import Stage
from containers import ROOT, docker
from local_emulator import Local
from traces import Traces

pytestmark = pytest.mark.container


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("clients")
    if shutil.which("docker-registry") is None:
        client_stories.need("docker-registry")
    local = Local(tmp_path_factory.mktemp("emulator"))
    local.environment["DOCKER_CONFIG"] = str(folder / "docker")
    traces = Traces(local.up("--backend", "docker"), local.folder)
    docker("tag", image, "houses:1")
    pushed = local.coppice("push", "houses", "1").stdout.strip()
    docker("rmi", "houses:1", pushed.partition("@")[0] + ":1")
    yield client_stories.set_up(local, pushed, folder)
    local.down()
    assert traces.left() == []


def test_the_endpoint_runs_the_very_digest_that_was_pushed(stage):
    assert stage.image.startswith("127.0.0.1:")
    digest = stage.image.partition("@")[2]
    (found,) = stage.client("ecr").describe_images(repositoryName="houses")["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (digest, ["1"])


def test_an_image_named_by_its_tag_in_ecr(stage):
    """Coppice makes of it what it is called in AWS: ACCOUNT.dkr.ecr.REGION.amazonaws.com/houses@sha256:…"""
    what = ["--name", "tagged", "--model", stage.archive, "--image", "houses:1", "--memory", "1024", "--yes", "--json"]
    assert json.loads(stage.local.coppice("deploy", *what).stdout)["changed"]
    model = stage.client("sagemaker").list_models(NameContains="tagged")["Models"][0]["ModelName"]
    container = stage.client("sagemaker").describe_model(ModelName=model)["PrimaryContainer"]
    assert ".dkr.ecr." in container["Image"]
    stage.local.coppice("delete", "tagged", "--yes")


def test_boto3(stage):
    client_stories.with_boto3(stage)


def test_the_aws_cli(stage, tmp_path):
    client_stories.with_the_aws_cli(stage, tmp_path)


def test_coppice(stage, tmp_path):
    client_stories.with_coppice(stage, tmp_path)


def test_sagemakers_sdks(stage):
    client_stories.with_sagemakers_sdks(stage)


def test_terraform(stage, tmp_path):
    client_stories.with_terraform(stage, tmp_path)


def test_status_shows_the_instances(stage):
    (emulator,) = json.loads(stage.local.coppice("local", "status", "--json").stdout)["emulators"]
    assert (emulator["backend"], emulator["trouble"]) == ("docker", None)


def test_make_demo(tmp_path):
    """Its image is built from the layers that are there already."""
    local = Local(tmp_path)
    local.environment["DOCKER_CONFIG"] = str(tmp_path / "docker")
    done = local.run("make", "--silent", "-C", str(ROOT), "demo", DEMO_BACKEND="docker")
    assert done.stdout.count("REPORT") == 3
    assert "demo is deleted" in done.stderr
    assert local.status() == []
