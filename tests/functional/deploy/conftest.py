"""The verbs that talk to AWS, against moto's server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas as pd
import pytest
from cloud import Cloud
from front import Front
from rollouts import IMAGE, ROLE
from sklearn.ensemble import RandomForestRegressor

from container.artifact.store import open_model
from container.packing.pack import pack


@pytest.fixture(scope="session")
def _cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """An empty account, which this process's environment points to."""
    _cloud.reset()
    for name, value in _cloud.environment.items():
        monkeypatch.setenv(name, value)
    return _cloud


@pytest.fixture
def front(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The account behind a proxy that does what moto can't, and fails on demand."""
    front = Front(cloud.address)
    monkeypatch.setenv("AWS_ENDPOINT_URL", front.address)
    yield front
    front.stop()


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A forest in its archive, with an example."""
    folder = tmp_path_factory.mktemp("packed")
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.9, 0.3]})
    joblib.dump(RandomForestRegressor(n_estimators=2, random_state=0).fit(rows, rows["a"]), folder / "model.joblib")
    rows.to_csv(folder / "rows.csv", index=False)
    pack(folder / "model.joblib", folder / "model.tar.gz", folder / "rows.csv", (), True, lambda _: None)
    return folder / "model.tar.gz"


@pytest.fixture
def right(cloud, packed):
    """The endpoint gives the example's answer."""
    with open_model(packed) as artifact:
        cloud.answer(json.dumps({"predictions": artifact.manifest.example.predictions}))


@pytest.fixture
def deploy(coppice, packed, tmp_path, monkeypatch):
    """`coppice deploy` of the packed model as `houses`, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def deploy(*more, name="houses", model=packed):
        return coppice(
            "deploy", "--name", name, "--model", model, "--image", IMAGE, "--role", ROLE, "--yes", "--json", *more
        )

    return deploy
