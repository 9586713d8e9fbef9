"""ECR with a real registry behind it: what Docker pushes is what ECR shows, and what ECR deletes is gone."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from containers import ROOT, docker
from docker_registry import ask
from local_cloud import REGION, LocalCloud

from local_test.emulator.registry import server
from local_test.emulator.registry.images import Images

pytestmark = pytest.mark.container
COPPICE = Path(sys.executable).with_name("coppice")
DOCKERFILE = """
ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE} AS base
FROM scratch AS full
COPY --from=base /bin/sh /bin/sh
COPY --from=base /lib/x86_64-linux-gnu/libc.so.6 /lib/x86_64-linux-gnu/libc.so.6
COPY --from=base /lib64/ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2
ENTRYPOINT ["/bin/sh", "-c", "test $0 = serve && echo no model && exit 1; exit 2"]
"""
Push = Callable[[str, str], subprocess.CompletedProcess[str]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[server.Server]:
    if shutil.which("docker-registry") is None:
        if os.environ.get("COPPICE_REQUIRE_DOCKER"):
            pytest.fail("Container tests must run here, but there is no docker-registry.")
        pytest.skip("needs docker-registry")
    running = server.start(tmp_path / "images", tmp_path / "run")
    yield running
    running.close()
    for form in ("{{.Repository}}:{{.Tag}}", "{{.Repository}}@{{.Digest}}"):
        for name in docker("images", "--digests", "--format", form).stdout.split():
            if name.startswith(f"{running.host}/"):
                docker("image", "rm", name, check=False)


@pytest.fixture
def cloud(running: server.Server, tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(images=Images(running.host, tmp_path / "images"))
    yield cloud
    cloud.close()


@pytest.fixture
def pushed(cloud: LocalCloud, running: server.Server, tmp_path: Path) -> str:
    """The digest of coppice-test:1.0, pushed by docker."""
    cloud.client("ecr").create_repository(repositoryName="coppice-test")
    return push_image(tmp_path, running.host, "1.0")


def push_image(folder: Path, host: str, tag: str, *, label: str = "") -> str:
    (folder / "Dockerfile").write_text(DOCKERFILE + f'LABEL tag="{label or tag}"\n')
    name = f"{host}/coppice-test:{tag}"
    base = os.environ.get("BASE_IMAGE")
    options = ["--build-arg", f"BASE_IMAGE={base}"] if base else []
    docker("build", *options, "--tag", name, str(folder))
    said = docker("push", name).stdout
    (digest,) = re.findall(r"digest: (sha256:[0-9a-f]{64})", said)
    return str(digest)


def in_registry(host: str, reference: str) -> bool:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    return ask(host, "GET", f"/v2/coppice-test/manifests/{reference}", Accept=kind)[0] == 200


@pytest.mark.parametrize("by", ["coppice", "script"])
def test_pushing_as_to_aws(by: str, cloud: LocalCloud, running: server.Server, tmp_path: Path) -> None:
    if by == "script" and shutil.which("aws") is None:
        pytest.skip("needs aws")
    environment = {
        "BUILD_FLAGS": "--network host",
        **os.environ,
        "AWS_ENDPOINT_URL": cloud.address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "DOCKER_CONFIG": str(tmp_path / "docker"),
    }
    environment.pop("COPPICE_REGISTRY", None)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for file in ("build_and_push.sh", "pyproject.toml"):
        shutil.copy(ROOT / file, checkout)
    (checkout / "Dockerfile").write_text(DOCKERFILE)
    if by == "coppice":
        build = [COPPICE, "build", "coppice-test", "1.0", "--context", checkout]
        subprocess.run(build, env=environment, capture_output=True, check=True)
        command = [COPPICE, "push", "coppice-test", "1.0"]
    else:
        aws = f'#!/bin/sh\nexec {shutil.which("aws")} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n'
        (tmp_path / "aws").write_text(aws)  # older AWS command lines don't listen to AWS_ENDPOINT_URL
        (tmp_path / "aws").chmod(0o755)
        environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
        command = [checkout / "build_and_push.sh", "coppice-test", "1.0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    uri = done.stdout.strip()
    assert re.fullmatch(rf"{re.escape(running.host)}/coppice-test@sha256:[0-9a-f]{{64}}", uri)
    docker("pull", uri)


def test_what_docker_pushed_is_shown(cloud: LocalCloud, pushed: str, tmp_path: Path) -> None:
    ecr = cloud.client("ecr")
    (image,) = ecr.describe_images(repositoryName="coppice-test", imageIds=[{"imageTag": "1.0"}])["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (pushed, ["1.0"])
    assert image["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert 1_000_000 < image["imageSizeInBytes"] < 10_000_000
    assert abs(image["imagePushedAt"] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=10)
    assert ecr.list_images(repositoryName="coppice-test")["imageIds"] == [{"imageDigest": pushed, "imageTag": "1.0"}]
    (got,) = ecr.batch_get_image(repositoryName="coppice-test", imageIds=[{"imageDigest": pushed}])["images"]
    assert got["imageManifest"].startswith("{")


def test_the_login_is_for_this_registry_and_not_over(cloud, running):
    (login,) = cloud.client("ecr").get_authorization_token()["authorizationData"]
    assert login["proxyEndpoint"] == f"http://{running.host}"
    assert login["expiresAt"] > dt.datetime.now(dt.UTC)


def test_a_tag_that_moves_leaves_the_image_without_one(cloud, running, pushed, tmp_path):
    ecr = cloud.client("ecr")
    ecr.describe_images(repositoryName="coppice-test")
    second = push_image(tmp_path, running.host, "1.0", label="another")
    shown = ecr.describe_images(repositoryName="coppice-test")["imageDetails"]
    assert {image["imageDigest"]: image.get("imageTags") for image in shown} == {pushed: None, second: ["1.0"]}


def test_what_ecr_deletes_is_gone(cloud, running, pushed, tmp_path):
    ecr = cloud.client("ecr")
    again = push_image(tmp_path, running.host, "2.0", label="1.0")
    assert again == pushed
    ecr.batch_delete_image(repositoryName="coppice-test", imageIds=[{"imageTag": "2.0"}])
    assert not in_registry(running.host, "2.0")
    assert in_registry(running.host, pushed)
    ecr.batch_delete_image(repositoryName="coppice-test", imageIds=[{"imageDigest": pushed}])
    assert not in_registry(running.host, pushed)
    assert ecr.describe_images(repositoryName="coppice-test")["imageDetails"] == []


def test_a_repository_takes_its_images_along(cloud, running, pushed):
    ecr = cloud.client("ecr")
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName="coppice-test")
    ecr.delete_repository(repositoryName="coppice-test", force=True)
    ecr.create_repository(repositoryName="coppice-test")
    assert ecr.describe_images(repositoryName="coppice-test")["imageDetails"] == []


def test_a_further_tag_by_put_image(cloud, running, pushed):
    ecr = cloud.client("ecr")
    ids = [{"imageTag": "1.0"}]
    (got,) = ecr.batch_get_image(repositoryName="coppice-test", imageIds=ids)["images"]
    ecr.put_image(repositoryName="coppice-test", imageManifest=got["imageManifest"], imageTag="2.0")
    assert in_registry(running.host, "2.0")
    (image,) = ecr.describe_images(repositoryName="coppice-test")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (pushed, ["1.0", "2.0"])
    manifest = json.loads(got["imageManifest"])
    manifest["layers"][0]["digest"] = "sha256:" + "0" * 64
    with pytest.raises(ClientError, match="LayersNotFoundException"):
        ecr.put_image(repositoryName="coppice-test", imageManifest=json.dumps(manifest), imageTag="3.0")
    assert len(ecr.describe_images(repositoryName="coppice-test")["imageDetails"]) == 1
    assert not in_registry(running.host, "3.0")


def test_a_container_where_there_is_no_program(tmp_path):
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs docker-registry, to make an image of it")
    context = tmp_path / "context"
    context.mkdir()
    shutil.copy(program, context)
    (context / "config.yml").write_text(
        "version: 0.1\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\nhttp: {addr: ':5000'}\n"
    )
    (context / "Dockerfile").write_text(
        "ARG BASE_IMAGE=python:3.13-slim\nFROM ${BASE_IMAGE}\nCOPY docker-registry config.yml /\n"
        'CMD ["/docker-registry", "serve", "/config.yml"]\n'
    )
    base = os.environ.get("BASE_IMAGE")
    options = ["--build-arg", f"BASE_IMAGE={base}"] if base else []
    docker("build", *options, "--tag", "coppice-test-registry", str(context))
    running = server.start(tmp_path / "images", tmp_path / "run", image="coppice-test-registry", program="")
    try:
        images = Images(running.host, tmp_path / "images")
        docker("tag", "coppice-test-registry", f"{running.host}/own:1")
        docker("push", f"{running.host}/own:1")
        (image,) = images.of("own")
        assert image.tags == {"1"}
    finally:
        running.close()
        docker("image", "rm", f"{running.host}/own:1", "coppice-test-registry", check=False)
    left = docker("ps", "--all", "--format", "{{.Names}}").stdout
    assert f"coppice-registry-{running.host.rpartition(':')[2]}" not in left
