"""`coppice` as people and programs meet it: streams, exit codes, one JSON document, and help that comes at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from typer.testing import CliRunner

from deploy.cli import main

COPPICE = Path(sys.executable).with_name("coppice")
FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a", "b"])
FOREST = RandomForestRegressor(n_estimators=3, random_state=0).fit(FRAME, FRAME["a"])


@pytest.fixture
def model(tmp_path):
    joblib.dump(FOREST, tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


@pytest.fixture
def rows(tmp_path, table):
    (tmp_path / "rows.csv").write_text(table)
    return tmp_path / "rows.csv"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["train", "--help"], ["pack", "-h"], ["inspect", "--help"],
                                       ["serve", "--help"], ["--version"]])  # fmt: skip
def test_help_and_version_are_data_and_succeed(arguments):
    done = CliRunner().invoke(main.app, arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout


def test_help_imports_nothing_heavy():
    heavy = ["numpy", "sklearn", "boto3", "pandas", "scipy", "joblib", "flask", "gunicorn", "orjson"]
    code = (
        "import sys; sys.argv = ['coppice', '--help']\nfrom deploy.cli.main import run\n"
        "try: run()\nexcept SystemExit: pass\n"
        f"print('imported:', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("imported: []\n")


def test_the_console_script_is_there():
    done = subprocess.run([COPPICE, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("coppice ")


@pytest.mark.parametrize(
    "arguments", [["trian"], ["pack"], ["pack", "m", "--nope"], ["serve", "m", "--port", "x"], ["train"]]
)
def test_misuse_is_2_with_nothing_on_stdout(coppice, arguments):
    code, out, err = coppice(*arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_a_misspelt_command_is_answered_with_the_likely_one(coppice):
    assert "Did you mean 'train'?" in coppice("trian")[2]


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["pack", "gone.joblib"], 1, "model_not_found"),
        (["inspect", "gone.tar.gz"], 1, "model_not_found"),
        (["train", "-o", "m", "-p", "n_estimators=x"], 1, "bad_hyperparameter"),
        (["train", "-o", "m", "-p", "n_estimators"], 1, "bad_hyperparameter"),
        (["trian"], 2, "usage"),
        (["pack", "--nope"], 2, "usage"),
        (["train", "-o", "m", "--data", "gone.csv"], 2, "usage"),
    ],
)
def test_a_failure_is_one_json_document_where_json_was_asked_for(coppice, arguments, code, kind):
    found, out, err = coppice(*arguments, "--json")
    error = json.loads(out)["error"]
    assert (found, error["code"], set(error)) == (code, kind, {"code", "message", "hint"})
    assert error["message"]
    assert err  # people are told as well


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["delete"], "Missing argument 'NAME'."), (["invoke", "houses"], "Missing option '--file' / '-f'.")],
)
def test_what_is_left_out_is_named_for_programs_too(coppice, arguments, message):
    code, out, _ = coppice(*arguments, "--json")
    assert (code, json.loads(out)["error"]["message"]) == (2, message)


def test_a_failure_without_json_leaves_stdout_empty(coppice):
    code, out, err = coppice("pack", "gone.joblib")
    assert (code, out) == (1, "")
    assert err.startswith("error: There is no file or folder 'gone.joblib'.\n  ")


def test_train_then_inspect_then_pack(coppice, rows, tmp_path):
    code, out, err = coppice(
        "train", "--data", rows, "--target", "y", "-p", "n_estimators=3", "-o", tmp_path / "m", "--json"
    )
    assert code == 0
    trained = json.loads(out)
    assert set(trained["metrics"]["validation"]) == {"rmse", "mae", "r2"}
    assert "validation:rmse=" in err

    code, out, _ = coppice("inspect", tmp_path / "m", "--json")
    assert (code, json.loads(out)["model_id"]) == (0, trained["model_id"])

    code, out, err = coppice("pack", tmp_path / "m", "-o", tmp_path / "model.tar.gz", "--json")
    assert (code, json.loads(out)["features"]) == (
        0,
        [{"name": "a", "dtype": "float64"}, {"name": "b", "dtype": "float64"}],
    )
    assert "next: coppice serve" in err


def test_train_takes_the_task_as_an_option_or_a_hyperparameter(coppice, tmp_path):
    (tmp_path / "rows.csv").write_text("a,y\n" + "1,0\n2,1\n" * 10)
    for given in (["--task", "regression"], ["-p", "task=regression"]):
        code, out, err = coppice(
            "train", "--data", tmp_path / "rows.csv", "-o", tmp_path / "m", "-p", "n_estimators=2", *given, "--json"
        )
        assert (code, "rmse" in json.loads(out)["metrics"]["validation"]) == (0, True), err


def test_training_data_that_is_no_good_is_1(coppice, tmp_path):
    (tmp_path / "rows.csv").write_text("a,a\n1,2\n")
    code, out, err = coppice("train", "--data", tmp_path / "rows.csv", "-o", tmp_path / "m")
    assert (code, out) == (1, "")
    assert "rows.csv names the column 'a' twice" in err


@pytest.mark.parametrize("command", ["train", "pack"])
def test_a_place_that_cannot_be_written_is_named(coppice, rows, model, tmp_path, command):
    (tmp_path / "file").write_text("in the way")
    if command == "train":
        arguments = ["train", "--data", rows, "-p", "n_estimators=2", "-o", tmp_path / "file"]
    else:
        arguments = ["pack", model, "-o", tmp_path / "file/model.tar.gz"]
    code, out, err = coppice(*arguments, "--json")
    assert code == 1
    assert str(tmp_path / "file") in json.loads(out)["error"]["message"]
    assert "Traceback" not in err


def test_packing_twice_gives_the_same_bytes(coppice, model, tmp_path):
    for name in ("one.tar.gz", "two.tar.gz"):
        assert coppice("pack", model, "-o", tmp_path / name)[0] == 0
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_pack_keeps_names_and_samples(coppice, tmp_path):
    joblib.dump(LinearRegression().fit(FRAME.to_numpy(), FRAME["a"]), tmp_path / "model.pkl")
    (tmp_path / "sample.csv").write_text("b,a\n1,2\n3,4\n")
    arguments = ["--sample", tmp_path / "sample.csv", "--feature", "a", "--feature", "b", "--json"]
    code, out, _ = coppice("pack", tmp_path / "model.pkl", "-o", tmp_path / "model.tar.gz", *arguments)
    assert (code, json.loads(out)["example"]["rows"]) == (0, [[2.0, 1.0], [4.0, 3.0]])


def test_pack_says_when_nothing_could_be_checked(coppice, tmp_path):
    frame = FRAME.assign(colour=["red", "blue"] * 15)
    columns = ColumnTransformer([("text", OneHotEncoder(), ["colour"])], remainder="passthrough")
    joblib.dump(make_pipeline(columns, LinearRegression()).fit(frame, frame["a"]), tmp_path / "model.joblib")
    code, _, err = coppice("pack", tmp_path / "model.joblib", "-o", tmp_path / "model.tar.gz")
    assert code == 0
    assert "its answers were not checked, for lack of rows: --sample rows.csv" in err


def test_inspect_shows_a_summary_or_the_example(coppice, model, tmp_path):
    coppice("pack", model, "-o", tmp_path / "model.tar.gz")
    _, out, err = coppice("inspect", tmp_path / "model.tar.gz")
    assert "columns    2: a (float64), b (float64)\n" in out
    assert "(checked)" in out
    assert err == ""
    assert coppice("inspect", tmp_path / "model.tar.gz", "--example", "csv")[1] == "a,b\n0.0,0.0\n"
    example = json.loads(coppice("inspect", tmp_path / "model.tar.gz", "--example", "json")[1])
    assert example == {"instances": [{"a": 0.0, "b": 0.0}]}


def test_inspect_checks_the_hashes(coppice, model, tmp_path):
    coppice("pack", model, "-o", tmp_path / "model.tar.gz")
    subprocess.run(["tar", "xzf", "model.tar.gz"], cwd=tmp_path, check=True)
    (tmp_path / "model.joblib").write_bytes(b"something else")
    code, out, err = coppice("inspect", tmp_path)
    assert (code, out) == (1, "")
    assert "model.joblib has 14 bytes; its manifest says" in err


def test_inspect_does_not_unpickle_a_bare_model(coppice, model):
    code, _, err = coppice("inspect", model)
    assert code == 1
    assert f"coppice pack {model} -o model.tar.gz" in err


def test_serve_fails_at_once_on_a_model_that_is_no_good(coppice, tmp_path):
    code, out, err = coppice("serve", tmp_path)
    assert (code, out) == (1, "")
    assert "it is empty" in err
