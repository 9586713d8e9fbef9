"""SageMaker's training contract: what the `train` program reads, writes, says, and how it fails."""

from __future__ import annotations

import json
import re

import joblib
import numpy as np
import pandas as pd
import pytest

from container.artifact.store import open_directory
from container.inference.model import load
from container.inference.pipeline import Invocation, Pipeline, Timings
from container.training.data import read_channel
from container.training.fit import inputs

METRIC = re.compile(r"^validation:rmse=([0-9.]+)$", re.MULTILINE)
"""What a metric definition of a training job looks for."""


def test_a_job_leaves_model_manifest_and_metrics(job, table):
    job.put("data/training/part-0.csv", table)
    said = job.succeeds()
    metrics = json.loads((job.base / "output/data/metrics.json").read_text())
    assert set(metrics["validation"]) == {"rmse", "mae", "r2"}
    assert float(METRIC.search(said).group(1)) == pytest.approx(metrics["validation"]["rmse"], rel=1e-6)
    assert {path.name for path in (job.base / "model").iterdir()} >= {"manifest.json", "model.joblib"}
    assert [feature["name"] for feature in job.manifest["features"]] == ["a", "b"]
    assert job.manifest["outputs"] == ["y"]
    assert f"model {job.manifest['model_id']} written" in said
    assert not (job.base / "output/failure").exists()


def test_the_written_model_answers_as_the_estimator_does(job, table):
    job.put("data/training/part-0.csv", table)
    job.succeeds()
    rows = pd.read_csv(job.base / "input/data/training/part-0.csv")[["a", "b"]]
    estimator = joblib.load(job.base / "model/model.joblib")
    served = load(open_directory(job.base / "model")).model
    assert served.predict(rows.to_numpy()).tolist() == estimator.predict(rows).tolist()


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_jobs(job, table, program):
    job.put("data/training/part-0.csv", table)
    made = set()
    for jobs in ("1", "2", "-1"):
        job.succeeds(n_jobs=jobs, random_state="7")
        made.add(((job.base / "model/model.joblib").read_bytes(), job.manifest["model_id"]))
    assert len(made) == 1
    done = program("train", job.base)  # as it would be in another container
    assert done.returncode == 0
    made.add(((job.base / "model/model.joblib").read_bytes(), job.manifest["model_id"]))
    assert len(made) == 1
    job.succeeds(random_state="8")
    assert job.manifest["model_id"] not in {model_id for _, model_id in made}


def test_all_channels_are_used_whatever_the_order_of_their_columns(job, table):
    header, *rows = table.splitlines()
    job.put("data/train/1.csv", "\n".join([header, *rows[:15]]))
    job.put("data/train/2.csv", "\n".join([header, *rows[15:30]]))
    swapped = ["y,a,b"] + ["{2},{0},{1}".format(*row.split(",")) for row in rows[30:]]
    job.put("data/validation/v.csv", "\n".join(swapped))
    job.put("data/test/t.csv", "\n".join(swapped))
    job.configure("inputdataconfig", {"train": {"TrainingInputMode": "File", "ContentType": "text/csv"}})
    said = job.succeeds()
    assert "fitting 3 trees on 30 rows" in said
    metrics = json.loads((job.base / "output/data/metrics.json").read_text())
    assert metrics["validation"] == metrics["test"]
    assert "test:rmse=" in said


def test_without_a_header_the_first_column_is_the_target(job, table):
    job.put("data/training/a.csv", "\n".join(table.splitlines()[1:]))
    assert "without a header row; the target is column 0" in job.succeeds()
    assert [feature["name"] for feature in job.manifest["features"]] == ["", ""]
    assert job.manifest["outputs"] == ["prediction"]


@pytest.mark.parametrize(("target", "features"), [("a", ["b", "y"]), ("1", ["a", "y"]), ("-1", ["a", "b"])])
def test_the_target_is_chosen_by_name_or_position(job, table, target, features):
    job.put("data/training/a.csv", table)
    job.succeeds(target=target)
    assert [feature["name"] for feature in job.manifest["features"]] == features


def test_parquet_is_read_by_name_or_content_type(job, table, tmp_path):
    (tmp_path / "t.csv").write_text(table)
    folder = job.base / "input/data/training"
    folder.mkdir(parents=True)
    frame = pd.read_csv(tmp_path / "t.csv")
    frame.to_parquet(folder / "part-0")
    frame.to_parquet(folder / "part-1.parquet")
    job.configure("inputdataconfig", {"training": {"ContentType": "application/x-parquet"}})
    assert "80 rows, 3 columns from 2 file(s)" in job.succeeds()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_table_of_all_sorts_is_served_as_it_was_trained_on(job, named, task):
    """Numbers, gaps, text (NA among it, and spaces) and truth values: the file's rows get the estimator's answers."""
    numbers = np.random.default_rng(0).normal(size=60).round(3)
    kinds = [(3, "", "red", "True"), (4, "2.5", "NA", "false"), (5, "None", " x", ""), (6, "1", "", "TRUE")]
    rows = [[number, *kinds[place % 4]] for place, number in enumerate(numbers)]
    target = numbers * 2 if task == "regression" else np.where(numbers > 0, "hi", "lo")
    header = ["size,count,gap,colour,flag"] * named
    lines = [",".join(map(str, row)) for row in rows]
    table = [line + f",{answer}" for line, answer in zip(lines, target, strict=True)]
    job.put("data/training/a.csv", "\n".join([*(f"{line},y" for line in header), *table]))
    job.succeeds(target="y" if named else "5")

    trained_on = read_channel(job.base / "input/data/training", "auto", "", "y" if named else "5", lambda _: None)
    expected = joblib.load(job.base / "model/model.joblib").predict(inputs(trained_on)).tolist()
    serve = Pipeline(load(open_directory(job.base / "model")))
    reply = serve(Invocation("\n".join([*header, *lines]).encode(), "text/csv", "application/jsonlines"), Timings())
    assert [json.loads(line) for line in reply.body.splitlines()] == expected


def test_labels_text_truth_values_and_gaps(job):
    """What preprocesses is in the model: the example's raw rows are answered by the model as it was saved."""
    rows = ["red,true,1,yes", "blue,false,2,no", ",,,yes", "red,true,4,no"] * 10
    job.put("data/training/a.csv", "\r\n".join(["\ufeffcolour,flag,size,bought", *rows, "red,true,5,"]))
    job.put("data/validation/a.csv", "colour,flag,size,bought\ngreen,true,1,yes\n7,false,2,yes\n")
    said = job.succeeds()
    assert "training: 1 rows have no target and are left out" in said
    assert "column colour holds text, 2 different ones" in said
    assert "task: classification" in said
    assert [feature["dtype"] for feature in job.manifest["features"]] == ["string", "bool", "float64"]
    assert job.manifest["classes"] == [["no", "yes"]]
    assert job.manifest["example"]["rows"] == [["green", True, 1.0], ["7", False, 2.0]]
    assert "validation:accuracy=" in said


def test_whole_labels_stay_whole(job):
    job.put("data/training/a.csv", "a,y\n" + "1,0\n2,1\n3,0\n4,1\n5,\n" * 4)
    job.succeeds()
    assert job.manifest["classes"] == [[0, 1]]
    assert all(isinstance(label, int) for label in job.manifest["example"]["predictions"])


@pytest.mark.parametrize("file", ["resourceconfig", "resourceConfig"])
def test_of_several_hosts_the_first_one_fits(job, table, file):
    job.put("data/training/a.csv", table)
    job.configure(file, {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]})
    assert job.succeeds() == "algo-1 fits the forest; this host has nothing to do\n"
    assert not (job.base / "model").exists()
    job.configure(file, {"current_host": "algo-1", "hosts": ["algo-2", "algo-1"]})
    assert "2 hosts were asked for" in job.succeeds()
    assert (job.base / "model/manifest.json").exists()


def test_what_sagemaker_adds_and_quotes_does_no_harm(job, table):
    job.put("data/training/a.csv", table)
    job.configure("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})
    job.succeeds(
        max_features='"sqrt"', sagemaker_region='"eu-west-1"', _tuning_objective_metric="validation:rmse", max_depth=4
    )
    forest = joblib.load(job.base / "model/model.joblib")[-1]
    assert (forest.max_features, forest.max_depth) == ("sqrt", 4)


def test_no_configuration_at_all_is_fine(job, table, program):
    job.put("data/training/a.csv", table)
    done = program("train", job.base)
    assert done.returncode == 0
    assert "fitting 100 trees" in done.stdout


def test_a_later_success_takes_back_an_earlier_failure(job, table):
    job.put("data/training/a.csv", table)
    job.fails(n_estimators="many")
    job.succeeds()
    assert not (job.base / "output/failure").exists()


def test_an_unknown_hyperparameter_fails_with_name_value_and_what_is_allowed(job):
    cause = job.fails(n_estimator="5")
    assert "no hyperparameter n_estimator (its value came as '5')" in cause
    assert "Did you mean n_estimators?" in cause
    assert "max_leaf_nodes" in cause


def test_a_malformed_hyperparameter_fails_with_name_value_and_what_is_allowed(job):
    assert "max_depth is 'deep'; allowed is a whole number from 1" in job.fails(max_depth="deep")


def test_a_cause_is_cut_to_what_sagemaker_shows(job):
    assert len(job.fails(**{"x" * 3000: "1"})) == 1024


def test_pipe_mode_is_refused_with_what_to_use(job):
    job.configure("inputdataconfig", {"training": {"TrainingInputMode": "Pipe"}})
    assert "Pipe mode, which isn't read here. Use File or FastFile" in job.fails()


def test_sharded_data_on_several_hosts_is_refused(job):
    job.configure("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]})
    job.configure("inputdataconfig", {"training": {"S3DistributionType": "ShardedByS3Key"}})
    assert "sharded over 2 hosts" in job.fails()


def test_a_host_that_is_not_on_the_list_is_refused(job, table):
    job.put("data/training/a.csv", table)
    job.configure("resourceconfig", {"hosts": ["algo-1", "algo-2"]})
    assert "lists the hosts algo-1, algo-2" in job.fails()


def test_a_content_type_not_read_here_is_refused(job, table):
    job.put("data/training/a.csv", table)
    job.configure("inputdataconfig", {"training": {"ContentType": "application/x-recordio-protobuf"}})
    assert "'application/x-recordio-protobuf'; text/csv and application/x-parquet are read here" in job.fails()


@pytest.mark.parametrize("channels", [[], ["validation"], ["train", "training"]])
def test_exactly_one_training_channel_is_needed(job, table, channels):
    for channel in channels:
        job.put(f"data/{channel}/a.csv", table)
    cause = job.fails()
    assert "One channel named training or train is needed" in cause
    assert f"found: {', '.join(channels) or 'none'}." in cause


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "holds no data"),
        ("a,y\n", "training has no row with a target"),
        ("a,y\n1,2\n", "One row can't be split"),
        ("y\n1\n2\n", "training has 1 column"),
        ("a,a,y\n1,2,3\n", "names the column 'a' twice"),
        ("a,y\n1,2\n3\n", "1 values in row 3"),
        ("a,y\n1,2\n1e400,3\n2,2.5\n", "The training data holds inf in row 2, column a: too large for a forest"),
        ("a,y\n1,2\n1,inf\n2,2.5\n", "The training data holds inf in row 2, column y"),
        ("1,2\n2,3.5\n1,1e39\n", "in row 3, column 1 (counted from 0)"),
    ],
)
def test_a_table_that_cannot_be_trained_on_is_refused(job, content, cause):
    job.put("data/training/a.csv", content)
    assert cause in job.fails()


@pytest.mark.parametrize(
    ("validation", "cause"),
    [
        ("a,c,y\n1,2,3\n", "The validation data has other columns than the training data: a, c instead of a, b"),
        ("a,b\n1,2\n", "target is 'y'; allowed for validation is"),
        ("1,2,3\n", "target is 'y'; allowed for validation is"),
        ("a,b,y\nx,2,3\n", "The validation data has text in column 'a', where the training data has numbers"),
        ("a,b,y\n1,2,x\n", "The validation data has text as its target, where the training data has numbers"),
    ],
)
def test_held_out_data_that_does_not_fit_is_refused(job, table, validation, cause):
    job.put("data/training/a.csv", table)
    job.put("data/validation/a.csv", validation)
    assert cause in job.fails()


@pytest.mark.parametrize("content", ["{", "[]", '"text"', "\ufeff"])
def test_a_broken_configuration_file_is_named(job, table, content):
    job.put("data/training/a.csv", table)
    job.put("config/inputdataconfig.json", content)
    assert "inputdataconfig.json" in job.fails()


def test_a_folder_that_cannot_be_written_is_named(job, table):
    job.put("data/training/a.csv", table)
    (job.base / "model").write_text("in the way")
    assert f"{job.base}/model can't be read or written: File exists." in job.fails()


def test_a_bad_setting_fails_the_job(job, table, program):
    job.put("data/training/a.csv", table)
    done = program("train", job.base, SAGEMAKER_BIND_TO_PORT="http")
    assert done.returncode == 1
    assert "SAGEMAKER_BIND_TO_PORT is 'http'" in (job.base / "output/failure").read_text()


@pytest.mark.parametrize(("arguments", "came"), [([], "nothing"), (["fit"], "fit")])
def test_the_image_says_what_it_runs(program, tmp_path, arguments, came):
    done = program(*(arguments or [""]), tmp_path)
    assert done.returncode == 2
    assert "This image runs `serve` or `train`" in done.stderr


def test_the_failure_that_cannot_be_written_is_still_told(job, program):
    job.base.parent.mkdir(exist_ok=True)
    job.base.write_text("no folder")
    done = program("train", job.base)
    assert done.returncode == 1
    assert "Training failed." in done.stderr
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
