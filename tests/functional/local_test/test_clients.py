"""The clients of AWS, unmodified, against endpoints that are processes; tests/container has the same over Docker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import client_stories
import pytest
from client_stories import Stage
from local_emulator import Local


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("clients")
    local = Local(tmp_path_factory.mktemp("emulator"))
    local.up("--backend", "process")
    ecr = Stage(local, "", Path(), "", "", []).client("ecr")
    address = ecr.describe_repositories(repositoryNames=["coppice"])["repositories"][0]["repositoryUri"]
    digest = ecr.describe_images(repositoryName="coppice")["imageDetails"][0]["imageDigest"]
    yield client_stories.set_up(local, f"{address}@{digest}", folder)
    local.down()


def test_boto3(stage):
    client_stories.with_boto3(stage)


def test_the_aws_cli(stage, tmp_path):
    client_stories.with_the_aws_cli(stage, tmp_path)


def test_coppice(stage, tmp_path):
    client_stories.with_coppice(stage, tmp_path)
