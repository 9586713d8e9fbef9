"""What people do with an endpoint, each with their own client and nothing but the environment telling where."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import joblib
import pandas as pd
import pytest
from local_emulator import Local
from sklearn.ensemble import RandomForestRegressor
from waiting import until

from container.packing.pack import pack

ROOT = Path(__file__).parents[2]
STACK = Path(__file__).parent / "terraform_stack"
ROLE = "coppice-execution"


class Stage(NamedTuple):
    """An emulator with an image, a model, a role and rows to ask for."""

    local: Local
    image: str
    archive: Path
    model_url: str
    rows: str
    expected: list[float]

    def client(self, service: str) -> Any:
        settings = self.local.environment
        session = boto3.Session("local", "local", region_name=settings["AWS_DEFAULT_REGION"])
        return session.client(service, endpoint_url=settings["AWS_ENDPOINT_URL"])


def set_up(local: Local, image: str, folder: Path) -> Stage:
    """As in an account: a role that SageMaker may assume, and a model in a bucket."""
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.9, 0.3]})
    forest = RandomForestRegressor(n_estimators=5, random_state=0).fit(rows, rows["a"])
    joblib.dump(forest, folder / "model.joblib")
    rows.to_csv(folder / "rows.csv", index=False)
    archive = folder / "model.tar.gz"
    pack(folder / "model.joblib", archive, folder / "rows.csv", (), True, lambda _: None)
    text = (folder / "rows.csv").read_text()
    stage = Stage(local, image, archive, "s3://models/model.tar.gz", text, forest.predict(rows).tolist())
    trust = local.coppice("policy", "trust").stdout
    stage.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    region = {"LocationConstraint": local.environment["AWS_DEFAULT_REGION"]}
    stage.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration=region)
    stage.client("s3").upload_file(str(archive), "models", "model.tar.gz")
    return stage


def with_boto3(stage: Stage) -> None:
    sagemaker, runtime = stage.client("sagemaker"), stage.client("sagemaker-runtime")
    container = {"Image": stage.image, "ModelDataUrl": stage.model_url}
    role = stage.client("iam").get_role(RoleName=ROLE)["Role"]["Arn"]
    sagemaker.create_model(ModelName="b3", ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {"ModelName": "b3", "VariantName": "AllTraffic"}
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2}}
    sagemaker.create_endpoint_config(EndpointConfigName="b3", ProductionVariants=[variant | serverless])
    sagemaker.create_endpoint(EndpointName="b3", EndpointConfigName="b3")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="b3", WaiterConfig={"Delay": 1})
    answer = runtime.invoke_endpoint(
        EndpointName="b3", ContentType="text/csv", Accept="application/json", Body=stage.rows
    )
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert json.loads(answer["Body"].read()) == stage.expected
    sagemaker.delete_endpoint(EndpointName="b3")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="b3", WaiterConfig={"Delay": 1})
    sagemaker.delete_endpoint_config(EndpointConfigName="b3")
    sagemaker.delete_model(ModelName="b3")


def with_the_aws_cli(stage: Stage, folder: Path) -> None:
    """`aws sagemaker …`, as in Amazon's own tutorials."""
    if shutil.which("aws") is None:
        need("the aws command")

    def aws(*words: str) -> str:  # older ones don't listen to AWS_ENDPOINT_URL
        return stage.local.run("aws", "--endpoint-url", stage.local.environment["AWS_ENDPOINT_URL"], *words).stdout

    role = aws("iam", "get-role", "--role-name", ROLE, "--query", "Role.Arn", "--output", "text").strip()
    container = f"Image={stage.image},ModelDataUrl={stage.model_url}"
    aws(
        "sagemaker",
        "create-model",
        "--model-name",
        "cli",
        "--execution-role-arn",
        role,
        "--primary-container",
        container,
    )
    variant = "ModelName=cli,VariantName=AllTraffic,ServerlessConfig={MemorySizeInMB=1024,MaxConcurrency=2}"
    aws("sagemaker", "create-endpoint-config", "--endpoint-config-name", "cli", "--production-variants", variant)
    aws("sagemaker", "create-endpoint", "--endpoint-name", "cli", "--endpoint-config-name", "cli")
    stage.client("sagemaker").get_waiter("endpoint_in_service").wait(EndpointName="cli", WaiterConfig={"Delay": 1})
    (folder / "rows.csv").write_text(stage.rows)
    invoke = ["invoke-endpoint", "--endpoint-name", "cli", "--content-type", "text/csv", "--accept", "application/json"]
    aws("sagemaker-runtime", *invoke, "--body", f"fileb://{folder}/rows.csv", str(folder / "answer.json"))
    assert json.loads((folder / "answer.json").read_text()) == stage.expected
    listed = aws("sagemaker", "list-endpoints", "--name-contains", "cli", "--query", "Endpoints[].EndpointStatus")
    assert json.loads(listed) == ["InService"]
    aws("sagemaker", "delete-endpoint", "--endpoint-name", "cli")


def with_coppice(stage: Stage, folder: Path) -> None:
    """From deploy to delete, the verbs an endpoint has."""
    (folder / "rows.csv").write_text(stage.rows)

    def coppice(*words: str | Path) -> str:
        return stage.local.coppice(*words).stdout

    def deploy(memory: int) -> dict[str, Any]:
        size = ["--memory", str(memory), "--max-concurrency", "2"]
        what = ["--model", stage.archive, "--image", stage.image]
        return json.loads(coppice("deploy", "--name", "verbs", *what, *size, "--yes", "--json"))

    deploy(1024)
    answer = coppice("invoke", "verbs", "-f", folder / "rows.csv", "--accept", "application/json")
    assert json.loads(answer) == stage.expected
    deploy(2048)
    status = json.loads(coppice("status", "verbs", "--json"))
    assert "2048" in json.dumps(status)
    coppice("rollback", "verbs", "--yes")
    assert "1024 MB" in coppice("status", "verbs")
    assert "REPORT" in coppice("logs", "verbs")
    assert "invocations" in coppice("metrics", "verbs")
    coppice("delete", "verbs", "--yes")
    assert stage.client("sagemaker").list_endpoints(NameContains="verbs")["Endpoints"] == []


def with_sagemakers_sdks(stage: Stage) -> None:
    """Both versions, at the same time: each looks only every 30 seconds whether its endpoint is in service."""
    running = {}
    for version in ("2", "3"):
        python = ROOT / f".venv/sdk{version}/bin/python"
        if not python.exists():
            need(f"SageMaker's SDK v{version}: make sdks")
        arguments = [f"sdk{version}", stage.image, stage.model_url, stage.rows]
        command = [python, Path(__file__).with_name(f"sdk{version}_client.py"), *arguments]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running[version] = subprocess.Popen(command, env=stage.local.environment, **pipes)
    for version, program in running.items():
        out, err = program.communicate(timeout=300)
        assert program.returncode == 0, f"SDK v{version}: {out[-2000:]}{err[-4000:]}"
        (answer,) = (line for line in out.splitlines() if line.startswith("ANSWER "))  # the SDKs draw around it
        assert json.loads(answer.removeprefix("ANSWER ")) == stage.expected
    assert stage.client("sagemaker").list_models(NameContains="sdk")["Models"] == []
    assert stage.client("sagemaker").list_endpoints(NameContains="sdk")["Endpoints"] == []


def with_terraform(stage: Stage, folder: Path) -> None:
    """Applied, planned again without a change, changed in place, destroyed."""
    if shutil.which("terraform") is None:
        need("the terraform command")
    shutil.copytree(STACK, folder, dirs_exist_ok=True)
    given = {"TF_VAR_image": stage.image, "TF_VAR_model_data_url": stage.model_url, "TF_IN_AUTOMATION": "1"}

    def terraform(*words: str, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", f"-chdir={folder}", *words, "-no-color"]
        return stage.local.run(*command, check=check, **given, **more)

    plugins = os.environ.get("TF_PLUGIN_DIR")
    terraform("init", "-input=false", *([f"-plugin-dir={plugins}"] if plugins else []))
    terraform("apply", "-auto-approve", "-input=false")
    assert terraform("plan", "-detailed-exitcode", check=False).returncode == 0
    runtime = stage.client("sagemaker-runtime")
    for kind in ("serverless", "real-time"):
        answer = runtime.invoke_endpoint(
            EndpointName=f"houses-{kind}", ContentType="text/csv", Accept="application/json", Body=stage.rows
        )
        assert json.loads(answer["Body"].read()) == stage.expected
    terraform("apply", "-auto-approve", "-input=false", TF_VAR_memory_mb="2048")
    shown = stage.client("sagemaker").describe_endpoint(EndpointName="houses-serverless")
    assert shown["ProductionVariants"][0]["CurrentServerlessConfig"]["MemorySizeInMB"] == 2048
    terraform("destroy", "-auto-approve")
    # An endpoint is Deleting for a moment still, with real containers for longer.
    until(lambda: stage.client("sagemaker").list_endpoints(NameContains="houses")["Endpoints"] == [])


def need(what: str) -> None:
    """Skip, unless CI says that everything has to be there."""
    if os.environ.get("COPPICE_REQUIRE_DOCKER"):
        pytest.fail(f"Clients must be tried here, but this needs {what}.")
    pytest.skip(f"needs {what}")
