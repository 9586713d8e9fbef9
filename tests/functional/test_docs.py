"""What the documents show is what runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import joblib
import pandas as pd
import pytest

from container.settings import VARIABLES, Settings
from container.training.hyperparameters import FOREST, OURS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_every_setting_is_documented():
    text = (ROOT / "docs/http.md").read_text()
    for field, variable in VARIABLES.items():
        for name in variable.names:
            assert f"`{name}`" in text
        assert variable.about in text, field
    assert set(VARIABLES) == set(Settings._fields)


def test_every_hyperparameter_is_documented():
    text = (ROOT / "docs/training.md").read_text()
    for name in [*FOREST, *OURS]:
        assert f"`{name}`" in text


def test_links_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("local_test/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in link:
                assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_readmes_make_targets_exist():
    text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    assert {"serve", "test", "image", "setup"} <= shown <= set(targets)


def wait_for(server: subprocess.Popen, port: int) -> None:
    for _ in range(600):
        assert server.poll() is None, server.stderr and server.stderr.read()
        if (
            subprocess.run(
                ["curl", "-sf", f"http://127.0.0.1:{port}/ping"], capture_output=True, check=False
            ).returncode
            == 0
        ):
            return
        time.sleep(0.1)
    raise AssertionError("the server never became ready")


def test_the_readmes_tour(tmp_path):
    """The commands of the tour, one after the other, in a folder with a copy of local_test."""
    tour = next(block for block in blocks("README.md", "sh") if "coppice train" in block)
    *commands, serve = tour.strip().splitlines()
    assert serve.startswith("coppice serve")
    shutil.copytree(ROOT / "local_test", tmp_path / "local_test")
    for command in commands:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    port = free_port()
    server = subprocess.Popen(
        serve.replace("8080", str(port)).split(), cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(server, port)
        predict = [tmp_path / "local_test/predict.sh", tmp_path / "local_test/payload.csv"]
        answers = subprocess.run(
            predict, env={**ENVIRONMENT, "PORT": str(port)}, capture_output=True, text=True, check=True
        )
        estimator = joblib.load(tmp_path / "models/tour/model.joblib")
        expected = estimator.predict(pd.read_csv(tmp_path / "local_test/payload.csv"))
        assert [float(line) for line in answers.stdout.split()] == expected.tolist()
    finally:
        server.terminate()
    assert server.wait(timeout=30) == 0


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="make serve would set up a .venv first: run make setup")
def test_make_serve_and_the_curl_line_it_prints(tmp_path):
    """`make serve` on the data that comes by default, up to the printed curl line and the payloads."""
    log, port = tmp_path / "log", free_port()
    payloads = {path: path.read_bytes() for path in (ROOT / "local_test").glob("payload.*")}
    server = subprocess.Popen(
        ["make", "--silent", "serve", f"PORT={port}", f"MODEL={tmp_path / 'model'}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=log.open("w"),
        start_new_session=True,
    )
    try:
        wait_for(server, port)
        said = log.read_text()
        assert "data: " in said
        assert f"http://127.0.0.1:{port}" in said
        curl = re.search(r"try +(curl .*)", said)
        assert curl is not None
        answer = subprocess.run(curl[1] + " -sf", shell=True, capture_output=True, check=True).stdout
        assert answer.startswith(b'{"predictions":[')
        page = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{port}/"], capture_output=True, check=True).stdout
        assert b'"name":"RandomForestRegressor"' in page
        estimator = joblib.load(tmp_path / "model/model.joblib")
        rows = pd.read_csv(ROOT / "local_test/payload.csv")
        address = f"http://127.0.0.1:{port}/invocations"
        post = f"curl -sf {address} --data-binary @local_test/payload.csv -H Content-Type:text/csv"
        found = subprocess.run(post.split(), cwd=ROOT, capture_output=True, check=True).stdout
        assert [float(line) for line in found.split()] == estimator.predict(rows).tolist()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        for path, content in payloads.items():
            path.write_bytes(content)


def test_the_payloads_belong_to_the_data_in_test_dir():
    table = pd.read_csv(ROOT / "local_test/test_dir/input/data/training/diabetes.csv")
    rows = pd.read_csv(ROOT / "local_test/payload.csv")
    assert list(rows.columns) == list(table.columns[:-1])
    assert len(rows.merge(table, on=list(rows.columns))) == len(rows)
