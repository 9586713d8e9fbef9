"""`coppice policy`, and the way from its documents to a role and a policy in IAM, as docs/iam.md shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent


def test_all_three_are_one_document_and_each_is_one(cloud, coppice):
    code, out, err = coppice("policy", "--name", "churn")
    assert (code, err) == (0, "")
    documents = json.loads(out)
    assert list(documents) == ["deployer", "execution", "trust"]
    for which, expected in documents.items():
        code, out, _ = coppice("policy", which, "--name", "churn")
        assert (code, json.loads(out)) == (0, expected)


def test_without_a_name_people_are_told_what_that_means(cloud, coppice):
    code, out, err = coppice("policy", "execution")
    assert code == 0
    assert "--name NAME narrows it" in err
    assert "123456789012" in out


def test_with_account_and_region_nobody_is_asked(coppice, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    code, out, _ = coppice("policy", "trust", "--account", "111122223333", "--region", "cn-north-1")
    assert code == 0
    assert "arn:aws-cn:sagemaker:cn-north-1:111122223333:*" in out


def test_endpoint_toml_says_which(cloud, coppice, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "endpoint.toml").write_text('name = "churn"\nbucket = "ours"\n[stage.prod]\nname = "churn-live"\n')
    _, out, _ = coppice("policy", "execution")
    assert "arn:aws:s3:::ours/coppice/churn/*" in out
    _, out, _ = coppice("policy", "execution", "--stage", "prod")
    assert "arn:aws:s3:::ours/coppice/churn-live/*" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--name", "-x-"), "--name"), (("--account", "1"), "--account"), (("--async", "nowhere"), "s3://BUCKET/KEY")],
)
def test_what_is_no_name_is_one_line_and_exit_code_2(cloud, coppice, arguments, words):
    code, out, err = coppice("policy", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    code, out, _ = coppice("policy", *arguments, "--json")
    assert code == 2
    assert words in json.loads(out)["error"]["message"]


def test_the_commands_of_the_page_make_the_role_and_the_policy(cloud, tmp_path):
    """Every shell block of docs/iam.md, one after the other, against moto."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/iam.md").read_text(), re.DOTALL)
    environment = {**os.environ, **cloud.environment, "PATH": f"{tmp_path}:{BIN}:{os.environ['PATH']}"}
    _aws_stand_in(tmp_path / "aws")
    for block in blocks:
        done = subprocess.run(
            ["bash", "-eu", "-c", block], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    iam = cloud.client("iam")
    role = iam.get_role(RoleName="coppice-execution")["Role"]
    assert "sagemaker.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])
    inline = iam.get_role_policy(RoleName="coppice-execution", PolicyName="coppice")["PolicyDocument"]
    assert "ReadModel" in [statement["Sid"] for statement in inline["Statement"]]
    (policy,) = iam.list_policies(Scope="Local")["Policies"]
    assert policy["PolicyName"] == "coppice-deployer"


def _aws_stand_in(path: Path) -> None:
    """`aws iam VERB --flag value`, with boto3: the AWS command line itself is not among the dependencies."""
    path.write_text(
        f"#!{sys.executable}\n"
        "import sys, boto3\n"
        "service, verb, *rest = sys.argv[1:]\n"
        "camel = lambda name: ''.join(part.capitalize() for part in name.strip('-').split('-'))\n"
        "arguments = {camel(flag): value for flag, value in zip(rest[::2], rest[1::2], strict=True)}\n"
        "getattr(boto3.client(service), verb.replace('-', '_'))(**arguments)\n"
    )
    path.chmod(0o755)
