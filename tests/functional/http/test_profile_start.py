"""What a start is made of: in the log of the image's program, and from `coppice serve --profile-start`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge

from container.inference.sklearn_model import describe
from container.packing.write import write_manifest

COPPICE = Path(sys.executable).with_name("coppice")
X = np.random.default_rng(0).normal(size=(30, 2))
PARTS = ["interpreter", "imports", "mapping", "server"]


@pytest.fixture
def model(tmp_path):
    directory = tmp_path / "model"
    directory.mkdir()
    estimator = RandomForestRegressor(n_estimators=3, random_state=0).fit(X, X[:, 0])
    joblib.dump(estimator, directory / "model.joblib")
    write_manifest(directory, estimator, describe(estimator), X)
    return directory


def said_until(stream, wanted):
    said = ""
    while wanted not in said:
        line = stream.readline()
        assert line, said
        said += line
    return said


def profiled(model, *arguments):
    """What `coppice serve --profile-start` says before it serves."""
    program = subprocess.Popen(
        [COPPICE, "serve", model, "--profile-start", "--port", "0", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        return said_until(program.stderr, "  try ")
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)


def parts_of(said):
    return re.findall(r"^  (\w[\w ]*?) +\d+ ms", said.partition("the slowest imports")[0], re.MULTILINE)


def test_the_program_says_in_its_log_what_its_start_was_made_of(model):
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "container", "serve"],
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(model.parent), "SAGEMAKER_BIND_TO_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = said_until(program.stdout, '"event":"started"').splitlines()[-1]
    finally:
        program.terminate()
        program.communicate(timeout=60)
    milliseconds = json.loads(line)["milliseconds"]
    assert list(milliseconds) == [*PARTS, "total"]
    assert all(took >= 0 for took in milliseconds.values())


def test_the_parts_are_shown_and_then_it_serves(model):
    said = profiled(model)
    assert parts_of(said) == [*PARTS, "first answer", "together"]
    assert re.search(r"^  numpy +\d+ ms$", said, re.MULTILINE)
    assert "Serving" in said
    *parts, together = map(int, re.findall(r"(\d+) ms", said.partition("the slowest imports")[0]))
    assert sum(parts) == together


@pytest.mark.parametrize(("page", "shown"), [("", True), ("off", False)])
def test_the_page_is_announced_where_there_is_one(model, monkeypatch, page, shown):
    monkeypatch.setenv("COPPICE_PAGE", page)
    assert ("  page   http://" in profiled(model)) is shown


def test_a_model_without_a_manifest_is_asked_nothing(tmp_path):
    joblib.dump(Ridge().fit(X, X[:, 0]), tmp_path / "mine.joblib")
    said = profiled(tmp_path / "mine.joblib")
    assert parts_of(said) == [*PARTS, "together"]
    assert re.search(r"^  sklearn +\d+ ms$", said, re.MULTILINE)


def test_what_cannot_start_is_said(model):
    (model / "model.joblib").write_bytes(b"spoiled")
    (model / "forest").rename(model / "gone")
    done = subprocess.run(
        [COPPICE, "serve", model, "--profile-start", "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "ended instead of serving" in done.stderr
    assert "coppice-start-" not in done.stderr, "people don't know our folder"


def test_a_script_that_fails_is_said_without_a_log_that_isnt_there(model, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text("def model_fn(folder):\n    raise RuntimeError('no')\n")
    done = subprocess.run(
        [COPPICE, "serve", model, "--code", tmp_path / "code", "--profile-start", "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, "The script failed in model_fn" in done.stderr) == (1, True)
    assert "log above" not in done.stderr
