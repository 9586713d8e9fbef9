"""The clients of AWS, unmodified, against endpoints that are processes; tests/container has the same over Docker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import client_stories
import joblib
import pandas as pd
import pytest
from client_stories import Stage
from local_emulator import Local
from sklearn.ensemble import RandomForestRegressor

from container.packing.pack import pack


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("clients")
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.9, 0.3]})
    forest = RandomForestRegressor(n_estimators=5, random_state=0).fit(rows, rows["a"])
    joblib.dump(forest, folder / "model.joblib")
    rows.to_csv(folder / "rows.csv", index=False)
    pack(folder / "model.joblib", folder / "model.tar.gz", folder / "rows.csv", (), True, lambda _: None)
    local = Local(tmp_path_factory.mktemp("emulator"))
    local.up("--backend", "process")
    ecr = Stage(local, "", Path(), "", "", []).client("ecr")
    address = ecr.describe_repositories(repositoryNames=["coppice"])["repositories"][0]["repositoryUri"]
    digest = ecr.describe_images(repositoryName="coppice")["imageDetails"][0]["imageDigest"]
    text = (folder / "rows.csv").read_text()
    yield client_stories.set_up(
        local, f"{address}@{digest}", folder / "model.tar.gz", text, forest.predict(rows).tolist()
    )
    local.down()


def test_boto3(stage):
    client_stories.with_boto3(stage)


def test_the_aws_cli(stage, tmp_path):
    client_stories.with_the_aws_cli(stage, tmp_path)


def test_coppice(stage, tmp_path):
    client_stories.with_coppice(stage, tmp_path)
