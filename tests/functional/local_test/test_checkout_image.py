"""Without Docker, ECR has one image, which stands for this checkout."""

from __future__ import annotations

import pytest
from local_cloud import LocalCloud

from deploy.aws.ecr import ECR
from deploy.aws.session import Session
from deploy.endpoint.image import resolve
from local_test.emulator.registry.checkout import DIGEST


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    cloud = LocalCloud(tmp_path / "state.sqlite")
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    yield cloud
    cloud.close()


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-2"])
@pytest.mark.parametrize("text", ["latest", "coppice:latest"])
def test_deploy_finds_it(cloud, region, text):
    session = Session(region)
    found = resolve(text, session, ECR(session), serverless=True)
    assert (found.uri, found.digest, found.warning) == (
        f"123456789012.dkr.ecr.{region}.amazonaws.com/coppice@{DIGEST}",
        DIGEST,
        "",
    )


def test_a_deleted_repository_stays_deleted_until_everything_is_reset(cloud):
    ecr = cloud.client("ecr")
    ecr.delete_repository(repositoryName="coppice", force=True)
    assert ecr.describe_repositories()["repositories"] == []
    cloud.moto.reset()
    cloud.ecr.reset()
    assert len(ecr.describe_repositories()["repositories"]) == 1


def test_it_is_there_again_after_a_restart(cloud, tmp_path):
    ecr = cloud.client("ecr")
    (before,) = ecr.describe_images(repositoryName="coppice")["imageDetails"]
    cloud.close()
    again = LocalCloud(tmp_path / "state.sqlite")
    (after,) = again.client("ecr").describe_images(repositoryName="coppice")["imageDetails"]
    again.close()
    assert (after["imageDigest"], after["imageTags"]) == (before["imageDigest"], ["latest"])
