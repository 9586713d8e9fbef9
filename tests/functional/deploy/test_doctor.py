"""`coppice doctor` against moto: what a new user sees, from nothing to nothing that blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.stub import Stubber
from cloud import ACCOUNT, REGION

from deploy.aws.quotas import Quota, Quotas, Usage
from deploy.aws.session import Session

ROOT = Path(__file__).parents[3]
KEYS = {"name", "group", "state", "found", "remedy"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder without endpoint.toml."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def look(coppice):
    """Runs `coppice doctor --json`: the exit code, the document, and its checks by name."""

    def look(*arguments):
        code, out, err = coppice("doctor", *map(str, arguments), "--json")
        document = json.loads(out)
        assert set(document) == {"ok", "blocking", "checks"}
        assert all(set(check) == KEYS for check in document["checks"])
        assert document["ok"] is (code == 0)
        assert err
        return code, document, {check["name"]: check for check in document["checks"]}

    return look


@pytest.fixture
def model(tmp_path, coppice):
    """An archive with a small forest of the diabetes data."""
    table = ROOT / "local_test/test_dir/input/data/training/diabetes.csv"
    coppice("train", "--data", str(table), "--target", "target", "-p", "n_estimators=3", "--output", "m")
    assert coppice("pack", "m", "--output", "model.tar.gz")[0] == 0
    return tmp_path / "model.tar.gz"


def test_without_credentials_what_needs_them_is_skipped_and_the_rest_looked_at(look, model, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    code, document, checks = look("--model", model, "--payload", ROOT / "local_test/payload.csv")
    assert code == 3
    assert "credentials" in document["blocking"]
    assert checks["role"] | {"remedy": ""} == checks["role"]
    assert (checks["role"]["state"], checks["role"]["found"]) == ("skipped", "for want of credentials")
    assert checks["artifact"]["state"] == checks["payload"]["state"] == "ok"


def test_without_a_region(look, cloud, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    code, document, checks = look()
    assert code == 3
    assert document["blocking"][0] == "region"
    assert "--region" in checks["region"]["remedy"]


def test_a_role_is_missing_then_distrusts_then_is_as_it_should_be(look, cloud):
    iam = cloud.client("iam")
    code, _, checks = look()
    assert code == 3
    assert "aws iam create-role --role-name coppice-execution" in checks["role"]["remedy"]
    nobody = json.dumps(TRUST).replace("sagemaker", "ec2")
    iam.create_role(RoleName="coppice-execution", AssumeRolePolicyDocument=nobody)
    assert "doesn't name sagemaker.amazonaws.com" in look()[2]["role"]["found"]
    iam.update_assume_role_policy(RoleName="coppice-execution", PolicyDocument=json.dumps(TRUST))
    assert look()[2]["role"]["state"] == "ok"


def test_everything_there_blocks_nothing(look, cloud, model):
    cloud.client("iam").create_role(RoleName="coppice-execution", AssumeRolePolicyDocument=json.dumps(TRUST))
    cloud.client("ecr").create_repository(repositoryName="coppice")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 1,
            "digest": "sha256:" + "0" * 64,
        },
        "layers": [],
    }
    cloud.client("ecr").put_image(repositoryName="coppice", imageManifest=json.dumps(manifest), imageTag="v1")
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/coppice:v1"
    code, document, checks = look("--model", model, "--image", image, "--payload", ROOT / "local_test/payload.csv")
    assert (code, document["blocking"]) == (0, [])
    assert checks["credentials"]["found"].endswith(f"(account {ACCOUNT})")
    assert checks["ecr"]["found"].startswith(f"{ACCOUNT}.dkr.ecr.{REGION}")
    assert "@sha256:" in checks["image"]["found"]
    assert "3 rows" in checks["payload"]["found"]


def test_people_read_groups_marks_causes_and_remedies(cloud, coppice):
    code, out, err = coppice("doctor")
    assert (code, out) == (3, "")
    assert [line for line in err.splitlines() if line in ("Account", "Machine", "Model")] == [
        "Account",
        "Machine",
        "Model",
    ]
    assert f"  ✓ region        {REGION}" in err
    assert "  ✗ role          There is no role 'coppice-execution'" in err
    assert "→ aws iam create-role" in err
    assert "  – artifact      no --model was given" in err
    assert "role" in err.splitlines()[-1]


def test_what_is_wrong_with_files(look, cloud, tmp_path, model):
    (tmp_path / "bad.csv").write_text("age,sex\n1,2\n")
    model.write_bytes(model.read_bytes()[:-100])
    _, document, checks = look("--model", model, "--payload", "bad.csv", "--image", "nowhere:latest")
    assert {"artifact", "image"} <= set(document["blocking"])
    assert "not a whole tar archive" in checks["artifact"]["found"]
    assert checks["image"]["remedy"] == "Push it: coppice push nowhere latest"
    assert checks["versions"]["state"] == "skipped"


def test_endpoint_toml_and_flags_over_it(look, cloud, tmp_path, model):
    (tmp_path / "endpoint.toml").write_text('name = "churn"\nmodel = "model.tar.gz"\nrole = "theirs"\n')
    checks = look()[2]
    assert checks["artifact"]["state"] == "ok"
    assert "'theirs'" in checks["role"]["found"]
    assert "'mine'" in look("--role", "mine")[2]["role"]["found"]


def test_a_payload_is_read_as_the_container_reads_it(look, cloud, tmp_path, model):
    (tmp_path / "bad.csv").write_text("age,sex\n1,2\n")
    checks = look("--model", model, "--payload", "bad.csv")[2]
    assert checks["payload"]["state"] == "failed"
    assert "bmi" in checks["payload"]["found"]
    (tmp_path / "big.json").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    assert "coppice batch" in look("--model", model, "--payload", "big.json")[2]["payload"]["remedy"]


def test_quotas_by_their_names_page_after_page(cloud):
    session = Session(REGION, boto=cloud.session())
    with Stubber(session.quotas) as stub:
        page = {"ServiceCode": "sagemaker", "MaxResults": 100}
        entry = {"QuotaName": "Maximum number of serverless endpoints", "QuotaCode": "L-1", "Value": 5.0}
        other = {"QuotaName": "ml.m5.large for endpoint usage", "QuotaCode": "L-2", "Value": 2.0}
        stub.add_response("list_service_quotas", {"Quotas": [other], "NextToken": "more"}, page)
        stub.add_response("list_service_quotas", {"Quotas": [entry]}, page | {"NextToken": "more"})
        assert Quotas(session).serverless() == [Quota("Maximum number of serverless endpoints", "L-1", 5.0)]


def test_endpoints_in_use(cloud):
    sagemaker = cloud.client("sagemaker")
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    for name, size in (
        ("one", {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 3}}),
        ("two", {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 4}}),
        ("live", {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}),
    ):
        variant = {"VariantName": "v", "ModelName": "m"} | size
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert Quotas(Session(REGION)).in_use() == Usage(2, 7)


def test_endpoints_that_may_not_be_seen(cloud):
    session = Session(REGION, boto=cloud.session())
    with Stubber(session.sagemaker) as stub:
        stub.add_client_error("list_endpoints", "AccessDeniedException")
        assert Quotas(session).in_use() is None
