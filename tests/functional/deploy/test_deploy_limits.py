"""Every limit, through the command: one line and exit code 2, before anything needs AWS or credentials."""

from __future__ import annotations

import json
import socket

import pytest

BASE = {"--name": "e", "--model": "m.tar.gz", "--image": "v1"}
TOO_MANY = [word for number in range(101) for word in ("--env", f"V{number}=1")]
SUBNETS = [word for number in range(17) for word in ("--subnet", f"subnet-{number}")]
INSTANCE = ["--instance-type", "ml.m5.large"]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """No region, no credentials, nothing to connect to, and a folder of its own."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)

    def connect(*_):
        raise AssertionError("a call was made")

    monkeypatch.setattr(socket.socket, "connect", connect)


def line(*more: str) -> list[str]:
    return ["deploy", *(word for pair in BASE.items() if pair[0] not in more for word in pair), *more]


BREACHES = [
    (["--name", "a_b"], "name takes up to 63 letters, digits and hyphens"),
    (["--name", "a" * 64], "name takes up to 63 letters, digits and hyphens"),
    (["--memory", "2000"], "memory takes one of 1024, 2048, 3072, 4096, 5120, 6144 (MB); this is 2000."),
    (["--memory", "7GB"], "memory takes one of 1024, 2048, 3072, 4096, 5120, 6144 (MB); this is 7168."),
    (["--max-concurrency", "0"], "max-concurrency takes 1 to 200; this is 0."),
    (["--max-concurrency", "201"], "max-concurrency takes 1 to 200; this is 201."),
    (["--provisioned", "0"], "provisioned takes a number or MIN..MAX, from 1 up; this is 0."),
    (["--provisioned", "6"], "provisioned takes at most max-concurrency, which is 5; this is 6."),
    (["--provisioned", "3..2"], "provisioned takes a number or MIN..MAX, from 1 up; this is 3..2."),
    (["--provisioned", "1..2", "--scale-at", "70"], "scale-at takes a share of provisioned concurrency"),
    (TOO_MANY, "env takes up to 100 variables; these are 101."),
    (["--env", "1A=x"], "env: a name has letters, digits and underscores"),
    (["--env", "A=" + "x" * 1025], "env: A's value takes up to 1024 bytes; this has 1,025."),
    (["--tag", "aws:x=1"], "tags: 'aws:x' has a prefix that is kept for AWS."),
    (["--tag", "k=" + "v" * 257], "tags: 'k' takes up to 256"),
    (["--image", "i" * 256], "image takes an address of up to 255 characters"),
    (["--role", "a b"], "role takes a role's name or ARN"),
    (["--role", "arn:aws:iam::1:role/r"], "role takes a role's name or ARN"),
    (["--bucket", "My_Bucket"], "bucket takes a bucket's name"),
    (["--model", "s3://bucket/" + "k" * 1024 + ".tar.gz"], "model takes an address of up to 1024 characters"),
    (["--model", "s3://bucket/models/"], "s3://bucket/models/ is a prefix"),
    (["--instances", "2"], "A serverless endpoint has no instances to count (--instances)."),
    (["--async", "s3://bucket/out"], "A serverless endpoint can't answer asynchronously (--async)."),
    (["--subnet", "subnet-1"], "A serverless endpoint can't be in a VPC (--subnet)."),
    ([*INSTANCE, "--memory", "2048"], "memory (--memory) is for serverless endpoints"),
    (["--instance-type", "ml.m5.larg"], "instance-type takes one of SageMaker's"),
    ([*INSTANCE, "--instances", "0"], "instances takes a number or MIN..MAX, from 1 up; this is 0."),
    ([*INSTANCE, "--async", "s3://bucket/" + "k" * 512], "async takes an address of up to 512 characters."),
    ([*INSTANCE, "--security-group", "sg-1", *SUBNETS], "subnets takes 1 to 16; these are 17."),
    ([*INSTANCE, "--subnet", "subnet-1"], "security-groups takes 1 to 5; these are 0."),
    (["--from-registry", "g"], "from-registry (--from-registry) brings the model and the image"),
    (["--env", "SAGEMAKER_MULTI_MODEL=true"], "SAGEMAKER_MULTI_MODEL: Coppice serves one model an endpoint"),
    (["--stage", "a,b"], "tags: 'stage' takes up to 256"),
]


@pytest.mark.parametrize(("flags", "says"), BREACHES)
def test_a_breach_is_one_line_and_exit_code_2(coppice, flags, says):
    code, out, err = coppice(*line(*flags))
    assert (code, out) == (2, "")
    assert says in err.splitlines()[0]
    assert "Traceback" not in err


@pytest.mark.parametrize(("flags", "says"), BREACHES[:3])
def test_a_program_is_told_the_same(coppice, flags, says):
    code, out, _ = coppice(*line(*flags), "--json")
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (2, "limit")
    assert says in error["message"]
    assert "\n" not in error["message"]


def test_a_breach_in_the_file_names_its_place(coppice, tmp_path):
    (tmp_path / "endpoint.toml").write_text("name = 'e'\nmodel = 'm'\nimage = 'v1'\n[stage.prod]\nmemory = 1000\n")
    code, _, err = coppice("deploy", "--stage", "prod")
    assert code == 2
    assert "memory takes one of" in err
    assert "It is set by endpoint.toml, [stage.prod] memory." in err
    code, _, err = coppice("deploy", "--config", "gone.toml")
    assert (code, err.splitlines()[0]) == (2, "error: There is no gone.toml.")


def test_within_the_limits_it_is_the_credentials_that_are_missing(coppice):
    code, _, err = coppice(*line(), "--region", "eu-west-1")
    assert (code, err.splitlines()[0]) == (3, "error: No AWS credentials were found.")
