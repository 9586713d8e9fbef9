"""The walk-through, as a notebook and as scripts, against the emulator with processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import client_stories
import nbformat
import numpy as np
import pandas as pd
import pytest
from local_emulator import Local
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
HOUSING = ROOT.parent / "shared" / "data" / "cal_housing.csv"
COLUMNS = ["longitude", "latitude", "housingMedianAge", "totalRooms", "totalBedrooms", "population", "households",
           "medianIncome", "medianHouseValue"]  # fmt: skip


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What leads the examples to an emulator, and to a table: the real one, or one of its shape."""
    table = HOUSING
    if not table.exists():
        table = tmp_path_factory.mktemp("data") / "cal_housing.csv"
        random = np.random.default_rng(0).random((600, 9))
        pd.DataFrame(random, columns=COLUMNS).to_csv(table, index=False)
    local = Local(tmp_path_factory.mktemp("emulator"))
    local.up("--backend", "process")
    trust = local.coppice("policy", "trust").stdout
    local.run("aws", "iam", "create-role", "--role-name", "coppice-execution", "--assume-role-policy-document", trust)
    yield {**local.environment, "HOUSING": str(table), "TREES": "3"}
    local.down()


def sdk3() -> Path:
    python = ROOT / ".venv/sdk3/bin/python"
    if not python.exists():
        client_stories.need("SageMaker's SDK v3: make sdks")
    return python


def test_the_notebook_is_written_from_the_scripts():
    done = subprocess.run(
        [sys.executable, "-c", "import write_notebook; print(write_notebook.notebook(), end='')"],
        cwd=EXAMPLES, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == (EXAMPLES / "california_housing.ipynb").read_text(), "python examples/write_notebook.py"
    nbformat.validate(nbformat.read(EXAMPLES / "california_housing.ipynb", as_version=4))


@pytest.fixture(scope="module")
def script(environment: dict[str, str]) -> subprocess.Popen[str]:
    """boto3's script, on its way while the notebook waits for other things."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([sys.executable, EXAMPLES / "california_housing.py"], env=environment, **pipes)


def test_the_notebook_runs(environment, script, tmp_path, monkeypatch):
    """In the SDK's own environment, cell for cell: boto3's part and the SDK's."""
    kernel = tmp_path / "kernels" / "sdk3"
    kernel.mkdir(parents=True)
    start = [str(sdk3()), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": start, "display_name": "sdk3", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(EXAMPLES / "california_housing.ipynb", as_version=4)
    NotebookClient(notebook, kernel_name="sdk3", timeout=300).execute(cwd=str(tmp_path), env=dict(os.environ))
    said = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()) if "text" in output
    )
    assert said.count("nothing is left") == 2 and said.count("predicted") >= 8


def test_the_script_with_boto3(script):
    said, _ = script.communicate(timeout=120)
    assert script.returncode == 0, said
    assert "nothing is left" in said and "rows predicted" in said


def test_nothing_is_left_in_the_account(environment):
    """Both have run, and each has cleaned up; the training jobs' names stay, as on AWS."""
    account = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    where = {"region_name": environment["AWS_DEFAULT_REGION"], "endpoint_url": environment["AWS_ENDPOINT_URL"]}
    sagemaker, s3 = account.client("sagemaker", **where), account.client("s3", **where)
    assert len(sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 3
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []
    assert sagemaker.list_models()["Models"] == []
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert len(buckets) == 1
    assert "Contents" not in s3.list_objects_v2(Bucket=buckets[0])
