"""Where images go in ECR, and what `push` and `build` say when something has to be there first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_docker import FakeDocker

from deploy.aws import tags
from deploy.aws.ecr import ECR
from deploy.aws.session import Session
from deploy.image.registry import UNTAGGED_DAYS, EcrRegistry

OURS = {tags.VERSION: "0.1.0"}


@pytest.fixture
def registry(cloud):
    return EcrRegistry(ECR(Session()), OURS)


@pytest.fixture
def ecr(cloud):
    return cloud.client("ecr")


def test_a_new_repository_is_as_it_should_be(registry, ecr):
    home = registry.prepare("team/coppice")
    found = ecr.describe_repositories(repositoryNames=["team/coppice"])["repositories"][0]
    assert (home.uri, home.created, home.remarks) == (found["repositoryUri"], True, ())
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"] == [
        {"Key": "coppice:version", "Value": "0.1.0"}
    ]
    (rule,) = json.loads(ecr.get_lifecycle_policy(repositoryName="team/coppice")["lifecyclePolicyText"])["rules"]
    assert rule["action"] == {"type": "expire"}
    assert rule["selection"] == {
        "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": UNTAGGED_DAYS
    }  # fmt: skip
    again = registry.prepare("team/coppice")
    assert (again.uri, again.created, again.remarks) == (home.uri, False, ())


def test_somebody_elses_repository_is_described_and_left_alone(registry, ecr):
    ecr.create_repository(repositoryName="coppice")
    before = ecr.describe_repositories(repositoryNames=["coppice"])
    home = registry.prepare("coppice")
    assert [word for word in ("overwritten", "scanned", "untagged") if word in " ".join(home.remarks)] == [
        "overwritten", "scanned", "untagged"
    ]  # fmt: skip
    assert ecr.describe_repositories(repositoryNames=["coppice"])["repositories"] == before["repositories"]
    with pytest.raises(ecr.exceptions.LifecyclePolicyNotFoundException):
        ecr.get_lifecycle_policy(repositoryName="coppice")


def test_a_repository_of_ours_that_was_left_half_made_is_finished(registry, ecr):
    ECR(Session()).create_repository("coppice", OURS)
    assert registry.prepare("coppice").remarks == ()
    assert ecr.get_lifecycle_policy(repositoryName="coppice")["lifecyclePolicyText"]


def test_docker_logs_in_where_the_repository_is(registry):
    docker = FakeDocker()
    home = registry.prepare("coppice")
    registry.log_in(home, docker)
    assert docker.done == [("login", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "AWS")]


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    """The only folder that commands are found in."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COPPICE_REGISTRY", "127.0.0.1:1")
    return tmp_path


DAEMON = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
DENIED = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"


@pytest.mark.parametrize("verb", ["build", "push"])
@pytest.mark.parametrize(
    ("says", "hint"),
    [(None, "Install Docker"), (DAEMON, "systemctl start docker"), (DENIED, "usermod -aG docker")],
)
def test_without_docker_the_command_that_mends_it_is_named(coppice, path, verb, says, hint):
    if says:
        (path / "docker").write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
        (path / "docker").chmod(0o755)
    code, out, _ = coppice(verb, "coppice", "1", "--json")
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (3, "missing")
    assert hint in error["hint"]
    assert (says or "no docker command") in error["message"]


def test_dockers_own_words_are_shown_when_a_build_fails(path):
    (path / "docker").write_text('#!/bin/sh\n[ "$1" = build ] && echo "no space left" && exit 17\n[ "$1" = version ]\n')
    (path / "docker").chmod(0o755)
    coppice = Path(sys.executable).with_name("coppice")
    done = subprocess.run([coppice, "build", "coppice", "1"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no space left\nerror: docker build failed (exit code 17)" in done.stderr


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "No AWS credentials"),
        (("AWS_DEFAULT_REGION",), "No AWS region"),
    ],
)
def test_without_credentials_or_region(coppice, cloud, monkeypatch, missing, words):
    for name in (*missing, "COPPICE_REGISTRY", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    code, out, err = coppice("push", "coppice", "1")
    assert (code, out) == (3, "")
    assert words in err
    assert "aws configure" in err


@pytest.mark.parametrize(
    "arguments",
    [["push", "coppice:1"], ["push", "Coppice", "1"], ["push", "coppice", "a b"], ["build", "x" * 300],
     ["build", "coppice", "1", "--build-arg", "novalue"], ["build", "--target", "huge"]],
)  # fmt: skip
def test_misuse_is_2(coppice, path, arguments):
    code, out, err = coppice(*arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


ASLEEP = f'echo "{DAEMON}" >&2; exit 1'
NOBODY = 'echo "Unable to locate credentials" >&2; exit 253'


@pytest.mark.parametrize(
    ("docker", "aws", "region", "said", "hint"),
    [
        (ASLEEP, "", "eu-west-1", DAEMON, "systemctl start docker"),
        ("", NOBODY, "eu-west-1", "Unable to locate credentials", "aws configure"),
        ("", "exit 1", "", "No AWS region is set", "export AWS_REGION"),
    ],
)
def test_the_script_says_what_has_to_be_there_first(tmp_path, docker, aws, region, said, hint):
    for name, does in {"docker": docker, "aws": aws}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "AWS_REGION": region}
    script = Path(__file__).parents[3] / "build_and_push.sh"
    done = subprocess.run([script, "coppice", "1"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert hint in done.stderr
