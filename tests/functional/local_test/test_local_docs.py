"""docs/local.md's commands, as they stand there, and `make demo`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas as pd
import pytest
from local_emulator import Local
from sklearn.ensemble import RandomForestRegressor

from container.packing.pack import pack
from deploy.cli import local as flags

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/local.md").read_text()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    local = Local(tmp_path)
    yield local
    local.down()


def test_the_commands(local, tmp_path):
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, 0.1]})
    joblib.dump(RandomForestRegressor(n_estimators=2, random_state=0).fit(rows, rows["a"]), tmp_path / "model.joblib")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    pack(tmp_path / "model.joblib", tmp_path / "model.tar.gz", tmp_path / "rows.csv", (), True, lambda _: None)
    (block,) = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    commands = block.replace("up --detach", "up --detach --port 0 --backend process")
    said = local.run(
        "bash", "-euc", f"cd {tmp_path}\n{commands}", ROLE="arn:aws:iam::123456789012:role/houses"
    )  # fmt: skip
    assert "houses is InService" in said.stderr
    assert "REPORT" in said.stdout
    assert local.status() == []


def test_every_flag_is_documented():
    shown = set(re.findall(r"--[a-z-]+", TEXT))
    for name in ("port", "backend", "detach", "state", "download-rate", "mb-per-vcpu", "idle", "json"):
        assert f"--{name}" in shown
        assert name.replace("-", "_") in flags.up.__annotations__ or name == "json"


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="make demo would set up a .venv first: run make setup")
def test_make_demo_without_docker(local):
    assert shutil.which("make")
    done = local.run("make", "--silent", "-C", str(ROOT), "demo", DEMO_BACKEND="process")
    assert len(re.findall(r"REPORT .* memory 1024 MB  max used \d+ MB", done.stdout)) == 3
    assert done.stdout.count("cold init") == 1
    assert "demo is deleted" in done.stderr
    assert not list(local.folder.iterdir())
