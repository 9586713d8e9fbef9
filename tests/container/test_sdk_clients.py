"""The clients of SageMaker's SDK v2, unmodified, against a container at a local port: a test for each serializer."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import client_stories
import joblib
import pandas as pd
import pytest
from containers import ROOT, SERVERLESS, Container, docker
from sklearn.ensemble import RandomForestRegressor

from container.artifact import archive
from container.packing.pack import pack

pytestmark = pytest.mark.container

ROWS = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.9, 0.3]})
FOREST = RandomForestRegressor(n_estimators=5, random_state=0).fit(ROWS, ROWS["a"])
FIRST, LAST = FOREST.predict(ROWS.iloc[[0, 3]]).tolist()


@pytest.fixture(scope="module")
def answers(image: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    python = ROOT / ".venv/sdk2/bin/python"
    if not python.exists():
        client_stories.need("SageMaker's SDK v2: make sdks")
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
        port = container.address.rpartition(":")[2]
        script = ROOT / "tests" / "support" / "sdk2_predictors.py"
        done = subprocess.run([python, script, port], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(re.search("^ANSWERS (.*)$", done.stdout, re.MULTILINE).group(1))
    finally:
        docker("rm", "--force", "--volumes", container.id)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("csv", [[str(FIRST)], [str(LAST)]]),
        ("csv of an array", [[str(FIRST)], [str(LAST)]]),
        ("json", [FIRST, LAST]),
        ("json in an envelope", {"predictions": [FIRST, LAST]}),
        ("numpy", [FIRST, LAST]),
        ("json lines", [FIRST, LAST]),
        ("json to csv", [[str(FIRST)], [str(LAST)]]),
        ("json to a text", f"[{FIRST},{LAST}]"),
        ("SKLearnPredictor", [FIRST, LAST]),
        ("plain, csv", f"{FIRST}\n{LAST}\n"),
        ("plain, json", f"[{FIRST},{LAST}]"),
        ("plain, npy", f"{FIRST}\n{LAST}\n"),
    ],
)
def test_sdk_v2(client, expected, answers):
    assert answers[client] == expected
