"""The Terraform module's examples against moto: made, unchanged when applied again, changed without a gap, gone.

Needs the `terraform` command and its AWS provider: from the folder TF_PLUGIN_DIR, or from wherever init gets it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cloud import ACCOUNT, REGION

from deploy.policy.execution import execution, trust
from deploy.policy.scope import Scope

MODULE = Path(__file__).parents[3] / "deploy/terraform"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/coppice@sha256:{'0' * 64}"
MODEL = "s3://models/coppice/churn/0123/model.tar.gz"
SERVICES = (
    "applicationautoscaling",
    "cloudwatch",
    "cloudwatchlogs",
    "ecr",
    "iam",
    "sagemaker",
    "sts",
)

OVERRIDE = """
resource "aws_sagemaker_model" "this" {
  lifecycle {
    ignore_changes = [vpc_config]
  }
}

resource "aws_sagemaker_endpoint_configuration" "this" {
  lifecycle {
    ignore_changes = [data_capture_config]
  }
}
"""
"""moto describes empty blocks where AWS describes none, and Terraform would plan to remove them."""

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="needs the terraform command")


class Root:
    """A copy of the module, with one of its examples as the root and a provider that talks to moto."""

    def __init__(self, folder: Path, example: str, address: str) -> None:
        shutil.copytree(MODULE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".terraform*"))
        (folder / "moto_override.tf").write_text(OVERRIDE)
        self.directory = folder / "examples" / example
        endpoints = "".join(f'    {service} = "{address}"\n' for service in SERVICES)
        (self.directory / "moto.tf").write_text(
            f'provider "aws" {{\n  region = "{REGION}"\n  access_key = "testing"\n  secret_key = "testing"\n'
            "  skip_credentials_validation = true\n  skip_metadata_api_check = true\n"
            "  skip_region_validation = true\n  skip_requesting_account_id = true\n"
            f"  endpoints {{\n{endpoints}  }}\n}}\n"
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        given = {f"TF_VAR_{name}": value for name, value in variables.items()}
        environment = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **given}
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def do(self, *arguments: str, **variables: str) -> str:
        done = self.run(*arguments, **variables)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def init(self) -> None:
        """Raises a skip where the provider can't be had, but not where TF_PLUGIN_DIR promises it."""
        plugins = os.environ.get("TF_PLUGIN_DIR")
        done = self.run("init", "-no-color", "-input=false", *([f"-plugin-dir={plugins}"] if plugins else []))
        if done.returncode and not plugins:
            pytest.skip(f"terraform init can't get the AWS provider: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr

    def apply(self, **variables: str) -> dict:
        self.do("apply", "-auto-approve", "-input=false", "-no-color", **variables)
        return json.loads(self.do("output", "-json"))["endpoint"]["value"]

    def planned(self, **variables: str) -> dict[str, list[str]]:
        """What a plan would do, by the resource's type; nothing where nothing changes."""
        self.do("plan", "-input=false", "-no-color", "-out=plan", **variables)
        changes = json.loads(self.do("show", "-json", "plan")).get("resource_changes", [])
        acts = {change["type"]: change["change"]["actions"] for change in changes}
        return {kind: actions for kind, actions in acts.items() if actions not in (["no-op"], ["read"])}


@pytest.fixture
def root(cloud, tmp_path):
    def root(example: str, main: str = "") -> Root:
        made = Root(tmp_path / example, example, cloud.address)
        if main:
            (made.directory / "main.tf").write_text(main)
        made.init()
        return made

    return root


def test_its_format_is_terraforms():
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff"], cwd=MODULE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_serverless_endpoint_from_repository_to_nothing(root, cloud):
    example = root("serverless")
    example.do("validate", "-no-color")
    serving = {"image": IMAGE, "model_data_url": MODEL}
    sagemaker, iam = cloud.client("sagemaker"), cloud.client("iam")

    first = example.apply(model_data_url=MODEL)
    assert first["endpoint_name"] is None
    assert first["repository_url"].endswith("/coppice")
    assert sagemaker.list_endpoints()["Endpoints"] == []

    made = example.apply(**serving)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=made["endpoint_config_name"])
    assert sagemaker.describe_endpoint(EndpointName="churn")["EndpointConfigName"] == config["EndpointConfigName"]
    size = config["ProductionVariants"][0]["ServerlessConfig"]
    assert (size["MemorySizeInMB"], size["MaxConcurrency"]) == (2048, 5)
    model = sagemaker.describe_model(ModelName=made["model_name"])
    assert model["PrimaryContainer"] | {"Image": IMAGE, "ModelDataUrl": MODEL} == model["PrimaryContainer"]

    here = Scope(ACCOUNT, REGION, endpoint="churn", bucket="models")
    role = made["role_arn"].rpartition("/")[2]
    inline = iam.get_role_policy(RoleName=role, PolicyName="coppice")["PolicyDocument"]
    assert plain(inline) == plain(execution(here))
    assert plain(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]) == plain(trust(here))

    repository = cloud.client("ecr").describe_repositories()["repositories"][0]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    assert [(g["logGroupName"], g["retentionInDays"]) for g in groups] == [("/aws/sagemaker/Endpoints/churn", 30)]
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {"Invocation5XXErrors", "ModelLatency", "MemoryUtilization"}

    assert example.planned(**serving) == {}
    assert example.planned(**serving, memory_mb="3072") == {
        "aws_sagemaker_endpoint_configuration": ["create", "delete"],
        "aws_sagemaker_endpoint": ["update"],
    }
    example.do("destroy", "-auto-approve", "-no-color", **serving)
    assert sagemaker.list_endpoints()["Endpoints"] == sagemaker.list_models()["Models"] == []
    assert cloud.client("ecr").describe_repositories()["repositories"] == iam.list_roles()["Roles"] == []


def test_a_real_time_endpoint_scales(root, cloud):
    """Planned only: moto knows no UpdateEndpoint, and the provider waits for ever for moto's scalable target."""
    example = root("real-time")
    example.do("plan", "-input=false", "-no-color", "-out=plan", image=IMAGE, model_data_url=MODEL)
    changes = json.loads(example.do("show", "-json", "plan"))["resource_changes"]
    planned = {change["type"]: change["change"]["after"] for change in changes}
    (variant,) = planned["aws_sagemaker_endpoint_configuration"]["production_variants"]
    assert (variant["instance_type"], variant["initial_instance_count"]) == ("ml.m5.large", 1)
    assert variant["serverless_config"] == []
    target = planned["aws_appautoscaling_target"]
    assert (target["min_capacity"], target["max_capacity"]) == (1, 4)
    assert target["resource_id"] == "endpoint/churn-live/variant/AllTraffic"
    (tracking,) = planned["aws_appautoscaling_policy"]["target_tracking_scaling_policy_configuration"]
    assert tracking["target_value"] == 600


def test_what_is_over_a_limit_is_refused_by_name(root):
    wrong = {
        "name": '"-churn-"',
        "model_data_url": '"s3://models/model.zip"',
        "image": '"no image"',
        "environment": '{ "1st" = "x" }',
        "memory_mb": "2000",
        "max_concurrency": "201",
        "instance_type": '"m5.large"',
        "min_instances": "0",
        "scale_at": "0",
        "role_arn": '"role"',
        "repository": '"Coppice"',
        "log_retention_days": "2",
        "alarm_latency_seconds": "61",
        "alarm_memory_percent": "101",
    }
    example = root("serverless", block("endpoint", wrong))
    beside_others = {"provisioned_concurrency": "6", "max_instances": "0"}
    fine = {"name": '"churn"', "model_data_url": f'"{MODEL}"'}
    for arguments, refused in ((wrong, wrong), (fine | beside_others, beside_others)):
        (example.directory / "main.tf").write_text(block("endpoint", arguments))
        done = example.run("plan", "-input=false", "-no-color", model_data_url=MODEL)
        assert done.returncode == 1
        said = " ".join(done.stderr.replace("│", " ").split())
        assert [name for name in refused if f"{name} takes" not in said and f"{name}: " not in said] == []


def block(label: str, arguments: dict[str, str]) -> str:
    """A use of the module."""
    body = "".join(f"  {name} = {value}\n" for name, value in arguments.items())
    return f'module "{label}" {{\n  source = "../.."\n{body}}}\n'


def plain(document: dict) -> list:
    """A policy without what IAM doesn't mind: the order of actions, and lists of one."""
    return [
        {
            key: (sorted(value) if isinstance(value, list) else [value])
            if key in ("Action", "Resource")
            else listed(value)
            for key, value in statement.items()
        }
        for statement in document["Statement"]
    ]


def listed(value):
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}
    return sorted(value) if isinstance(value, list) else [value]
