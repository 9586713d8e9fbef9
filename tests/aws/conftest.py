"""Tests in a real account. They cost a little, and run only when they are named: `pytest tests/aws`.

Needed: credentials and a region, the role `coppice-execution` (docs/iam.md), and COPPICE_TEST_IMAGE, the address that
`coppice push` printed. Everything made is deleted again, also when a test fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor

COPPICE = Path(sys.executable).with_name("coppice")


class Endpoint:
    """One endpoint with a name of its own, in a folder of its own."""

    def __init__(self, folder: Path, image: str) -> None:
        self.name = f"coppice-test-{uuid.uuid4().hex[:8]}"
        self.image = image
        self.folder = folder

    def coppice(self, *arguments: str) -> dict[str, Any]:
        """A command that succeeds, and its document."""
        command = [str(COPPICE), *arguments, "--json"]
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0, done.stdout
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def deploy(self, *more: str) -> dict[str, Any]:
        """`coppice deploy` of it."""
        where = ("--name", self.name, "--model", "model.tar.gz", "--image", self.image)
        return self.coppice("deploy", *where, "--yes", *more)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    image = os.environ.get("COPPICE_TEST_IMAGE")
    if not image:
        pytest.fail("Set COPPICE_TEST_IMAGE to what `coppice push` printed.")
    rows, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    joblib.dump(RandomForestRegressor(n_estimators=20, random_state=0).fit(rows, target), tmp_path / "model.joblib")
    pd.DataFrame(rows).head(20).to_csv(tmp_path / "rows.csv", index=False)
    made = Endpoint(tmp_path, image)
    made.coppice("pack", "model.joblib", "-o", "model.tar.gz", "--sample", "rows.csv")
    yield made
    made.coppice("delete", made.name, "--yes")
