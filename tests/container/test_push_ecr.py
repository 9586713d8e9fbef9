"""The whole way into ECR: moto makes the repository, a locked registry on this machine plays Amazon's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cloud import Cloud
from containers import ROOT, docker
from docker_registry import ecr_in_front_of, registry

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
"""Two megabytes that know `serve`."""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def _cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture(params=["coppice", "script"])
def push(request, _cloud, tmp_path) -> Iterator[Run]:
    """`push NAME TAG` by either command, from a checkout with a small image; the registry is empty."""
    for command in ("docker-registry", *(("aws",) if request.param == "script" else ())):
        if shutil.which(command) is None:
            if os.environ.get("COPPICE_REQUIRE_DOCKER"):
                pytest.fail(f"Container tests must run here, but there is no {command}.")
            pytest.skip(f"needs {command}")
    _cloud.reset()
    tools = tmp_path / "bin"
    tools.mkdir()
    if request.param == "script":  # older AWS command lines don't listen to AWS_ENDPOINT_URL
        aws = f'#!/bin/sh\nexec {shutil.which("aws")} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n'
        (tools / "aws").write_text(aws)
        (tools / "aws").chmod(0o755)

    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for file in ("build_and_push.sh", "pyproject.toml"):
        shutil.copy(ROOT / file, checkout)
    (checkout / "Dockerfile").write_text(DOCKERFILE)

    with registry(tmp_path, locked=True) as host, ecr_in_front_of(_cloud.address, host) as address:
        environment = {
            "BUILD_FLAGS": "--network host",
            **os.environ,
            **_cloud.environment,
            "AWS_ENDPOINT_URL": address,
            "DOCKER_CONFIG": str(tmp_path / "docker"),
            "PATH": f"{tools}:{os.environ['PATH']}",
        }
        environment.pop("COPPICE_REGISTRY", None)

        def push(name: str, tag: str, *more: str, **changed: str) -> subprocess.CompletedProcess[str]:
            command = [COPPICE, "push"] if request.param == "coppice" else [checkout / "build_and_push.sh"]
            if request.param == "coppice":
                build = [COPPICE, "build", name, tag, "--context", checkout]
                subprocess.run(build, env=environment, capture_output=True, check=True)
            return subprocess.run(
                [*command, name, tag, *more], env=environment | changed, capture_output=True, text=True, check=False
            )

        yield push


@pytest.fixture
def ecr(push, _cloud):
    return _cloud.client("ecr")


def test_from_no_repository_to_a_digest(push, ecr):
    done = push("coppice-test", "1.0")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"127\.0\.0\.1:\d+/coppice-test@sha256:[0-9a-f]{64}\n", done.stdout)
    (found,) = ecr.describe_repositories()["repositories"]
    assert (found["imageTagMutability"], found["imageScanningConfiguration"]["scanOnPush"]) == ("IMMUTABLE", True)
    assert ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"][0]["Key"] == "coppice:version"
    (rule,) = json.loads(ecr.get_lifecycle_policy(repositoryName="coppice-test")["lifecyclePolicyText"])["rules"]
    assert rule["selection"]["countNumber"] == 14
    assert "account 123456789012, eu-west-1" in done.stderr
    assert "123456789012-auth-token" not in done.stderr + done.stdout

    again = push("coppice-test", "1.0")
    assert (again.returncode, again.stdout) == (0, done.stdout), again.stderr
    assert "nothing to push" in again.stderr


def test_a_repository_made_by_others_is_described_and_left_alone(push, ecr):
    ecr.create_repository(repositoryName="coppice-test")
    done = push("coppice-test", "1.0")
    assert done.returncode == 0, done.stderr
    for words in ("can be overwritten", "aren't scanned", "nothing removes the untagged images"):
        assert words in done.stderr
    assert ecr.describe_repositories()["repositories"][0]["imageTagMutability"] == "MUTABLE"


def test_a_tag_taken_by_another_image_is_left_alone(push, ecr, tmp_path):
    assert push("coppice-test", "1.0").returncode == 0
    digest = push("coppice-test", "1.0").stdout
    (host,) = re.findall(r"(.*)/coppice-test", digest)
    (tmp_path / "Dockerfile").write_text("FROM coppice-test:1.0\nLABEL another=image\n")
    docker("build", "--tag", f"{host}/coppice-test:2.0", str(tmp_path))
    config = str(tmp_path / "docker")
    docker("--config", config, "push", f"{host}/coppice-test:2.0")
    done = push("coppice-test", "2.0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is another image already, and a tag is written once" in done.stderr


def test_without_credentials_nothing_is_built_or_pushed(push):
    done = push("coppice-test", "1.0", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert (done.returncode, done.stdout) == (3, "")
    assert "aws configure" in done.stderr
    assert "linux/amd64" not in done.stderr
