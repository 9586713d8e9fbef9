"""The clients of SageMaker's SDKs, unmodified, against one container at a local port: a test for each serializer."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import client_stories
import joblib
import pandas as pd
import pytest
from containers import ROOT, SERVERLESS, Container, docker
from runtime_gateway import gateway
from sklearn.ensemble import RandomForestRegressor

from container.artifact import archive
from container.packing.pack import pack

pytestmark = pytest.mark.container

ROWS = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.9, 0.3]})
FOREST = RandomForestRegressor(n_estimators=5, random_state=0).fit(ROWS, ROWS["a"])
FIRST, LAST = FOREST.predict(ROWS.iloc[[0, 3]]).tolist()
CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"


@pytest.fixture(scope="module")
def address(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container's, with FOREST, as small as the smallest serverless endpoint."""
    folder = tmp_path_factory.mktemp("sdk")
    joblib.dump(FOREST, folder / "model.joblib")
    pack(folder / "model.joblib", folder / "model.tar.gz")
    (folder / "model").mkdir()
    archive.extract(folder / "model.tar.gz", folder / "model")
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    mounted = ("-p", "127.0.0.1::8080", "-v", f"{folder / 'model'}:/opt/ml/model:ro")
    container = Container(docker("run", "--detach", *SERVERLESS, *mounted, image).stdout.strip())
    try:
        container.wait_until_ready()
        yield container.address
    finally:
        docker("rm", "--force", "--volumes", container.id)


def program(version: str, script: str, address: str, **environment: str) -> subprocess.Popen[str]:
    """A version's clients, on their way."""
    python = ROOT / f".venv/sdk{version}/bin/python"
    if not python.exists():
        client_stories.need(f"SageMaker's SDK v{version}: make sdks")
    command = [python, ROOT / "tests" / "support" / script, address.rpartition(":")[2]]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, env=inherited | environment, **pipes)


@pytest.fixture(scope="module")
def answers(address: str) -> dict[str, dict[str, Any]]:
    """All that each version's clients were answered; at the same time, for importing an SDK takes longest."""
    own = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    found = {}
    with gateway(address) as runtime:
        own["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = runtime
        running = {
            "v2": program("2", "sdk2_predictors.py", address),
            "v3": program("3", "sdk3_invocations.py", address, **own),
        }
        for version, clients in running.items():
            said, _ = clients.communicate(timeout=300)
            assert clients.returncode == 0, said
            found[version] = json.loads(re.search("^ANSWERS (.*)$", said, re.MULTILINE).group(1))
    return found


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("csv", [[str(FIRST)], [str(LAST)]]),
        ("csv of an array", [[str(FIRST)], [str(LAST)]]),
        ("csv to pandas", [[str(FIRST)], [LAST]]),  # which takes the first line for the header
        ("json", [FIRST, LAST]),
        ("json in an envelope", {"predictions": [FIRST, LAST]}),
        ("numpy", [FIRST, LAST]),
        ("json lines", [FIRST, LAST]),
        ("json to csv", [[str(FIRST)], [str(LAST)]]),
        ("json to a text", f"[{FIRST},{LAST}]"),
        ("SKLearnPredictor", [FIRST, LAST]),
        ("plain, csv", f"{FIRST}\n{LAST}\n"),
        ("plain, json", f"[{FIRST},{LAST}]"),
        ("plain, npy", [FIRST, LAST]),
        ("plain, npy to csv", f"{FIRST}\n{LAST}\n"),
        ("the local client", f"[{FIRST},{LAST}]"),
    ],
)
def test_predictor_of_v2(client, expected, answers):
    assert answers["v2"][client] == expected


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("body, csv", [CSV, f"{FIRST}\n{LAST}\n"]),
        ("body, csv with a header", [JSON, f"[{FIRST},{LAST}]"]),
        ("body, json", [JSON, f"[{FIRST},{LAST}]"]),
        ("body, npy", [NPY, [FIRST, LAST]]),
        ("body, no types", [CSV, f"{FIRST}\n{LAST}\n"]),
        ("body, octet-stream", [JSON, f"[{FIRST},{LAST}]"]),
        ("csv", [[str(FIRST)], [str(LAST)]]),
        ("csv to pandas", [[str(FIRST)], [LAST]]),
        ("json to pandas", [[0], [FIRST], [LAST]]),
        ("json", {"predictions": [FIRST, LAST]}),
        ("numpy", [FIRST, LAST]),
        ("json lines", [FIRST, LAST]),
        ("json to a text", f"[{FIRST},{LAST}]"),
        ("bytes both ways", f"{FIRST}\n{LAST}\n"),
        ("the local client", f"[{FIRST},{LAST}]"),
    ],
)
def test_endpoint_invoke_of_v3(client, expected, answers):
    assert answers["v3"][client] == expected
