"""A model that can't be served stops `serve` within seconds, with one paragraph: what, where, what to do."""

from __future__ import annotations

import json
import pickle
import socket
import sys
import types

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge

from container.inference.sklearn_model import describe
from container.packing.write import write_manifest

X = np.random.default_rng(0).normal(size=(30, 2))


def fitted():
    return RandomForestRegressor(n_estimators=3, random_state=0).fit(X, X[:, 0])


def bare(directory, content=None):
    """model.joblib and nothing else."""
    if content is None:
        content = fitted()
    (directory / "model.joblib").write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))


def packed(directory, estimator=None):
    """A whole artifact, of a compiled forest unless an estimator is given."""
    estimator = estimator or fitted()
    joblib.dump(estimator, directory / "model.joblib")
    write_manifest(directory, estimator, describe(estimator), X)


def spoiled(directory, change):
    """A whole artifact with a change to the bytes of its model."""
    packed(directory, Ridge().fit(X, X[:, 0]))
    file = directory / "model.joblib"
    file.write_bytes(change(file.read_bytes()))


def spoiled_forest(directory, change, kind="forest/*"):
    """A compiled forest with a change to the bytes of its largest file, or of its source."""
    packed(directory)
    file = max(directory.glob(kind), key=lambda path: path.stat().st_size)
    file.write_bytes(change(file.read_bytes()))


def manifest_with(directory, **changes):
    packed(directory)
    file = directory / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def theirs(directory, module):
    """A pickle of a class from a module that isn't here when it is served."""
    made = types.ModuleType("their_library")
    exec("class Theirs:\n    n_features_in_ = 2\n    def predict(self, rows): return rows[:, 0]\n", made.__dict__)
    sys.modules["their_library"] = made
    content = pickle.dumps(made.Theirs(), protocol=2)
    del sys.modules["their_library"]
    bare(directory, content.replace(b"their_library", module))


def unreadable(directory, version):
    """A pickle that scikit-learn here can't read, with a note of the version that wrote it."""
    import sklearn

    content = pickle.dumps(fitted(), protocol=2).replace(b"sklearn.ensemble._forest", b"sklearn.ensemble._florst")
    bare(directory, content.replace(sklearn.__version__.encode(), version))


def nested(directory):
    (directory / "model").mkdir()
    bare(directory / "model")


CAUSES = {
    "empty": (lambda folder: None, "it is empty", "coppice pack"),
    "missing": (lambda folder: folder.rmdir(), "There is no file or folder 'model'", "coppice train"),
    "half a bare file": (
        lambda folder: bare(folder, pickle.dumps(fitted())[:500]),
        "model.joblib can't be unpickled",
        "joblib.dump",
    ),
    "an empty bare file": (lambda folder: bare(folder, b""), "model.joblib can't be unpickled", "joblib.dump"),
    "half a packed file": (lambda folder: spoiled(folder, lambda c: c[:500]), "has 500 bytes; its manifest", "again"),
    "a wrong hash": (lambda folder: spoiled(folder, lambda c: c[:-1] + b"!"), "has sha256", "again"),
    "half a forest": (lambda folder: spoiled_forest(folder, lambda c: c[:99]), "has 99 bytes; its manifest", "again"),
    "a forest's wrong hash": (lambda folder: spoiled_forest(folder, lambda c: c[:-1] + b"!"), "has sha256", "again"),
    "half a forest's source": (
        lambda folder: spoiled_forest(folder, lambda c: c[:99], "model.joblib"),
        "model.joblib has 99 bytes; its manifest",
        "again",
    ),
    "half a manifest": (lambda folder: (folder / "manifest.json").write_text('{"a'), "not JSON", "coppice pack"),
    "a newer format": (lambda folder: manifest_with(folder, format_version=9), "format_version 9", "newer Coppice"),
    "another example": (
        lambda folder: manifest_with(folder, example={"rows": [[0, 0]], "predictions": [77]}),
        "answers its own example with",
        "train and pack it again",
    ),
    "a missing library": (lambda folder: theirs(folder, b"their_library"), "package 'their_library'", "Add it to"),
    "a class of a script": (lambda folder: theirs(folder, b"__main__"), "defined in a script", "a module of its own"),
    "another scikit-learn": (
        lambda folder: unreadable(folder, b"0.9.9"),
        "written by scikit-learn 0.9.9; here is",
        "0.9.9",
    ),
    "a dict": (lambda folder: bare(folder, {"model": 1}), "holds dict, which has no predict", "joblib.dump"),
    "not fitted": (lambda folder: bare(folder, RandomForestRegressor()), "it isn't fitted", "Fit it"),
    "one folder down": (nested, "it has only model/", "at the top, not in a folder"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_model_that_cannot_be_served_stops_the_start(start, tmp_path, cause):
    make, what, to_do = CAUSES[cause]
    folder = tmp_path / "model"
    folder.mkdir()
    make(folder)
    done = start(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"coppice can't serve. The model at {folder} can't be served: ")
    assert what in done.stderr
    assert to_do in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_the_image_s_own_program_stops_as_well(program, tmp_path):
    (tmp_path / "model").mkdir()
    theirs(tmp_path / "model", b"their_library")
    done = program("serve", tmp_path, SAGEMAKER_BIND_TO_PORT="0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"coppice can't serve. The model at {tmp_path}/model can't be served: model.joblib needs"
    )
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_stops_the_start(start, tmp_path):
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = start(tmp_path, SAGEMAKER_BIND_TO_PORT=port)
    assert done.returncode == 1
    assert f"Port {port} on 0.0.0.0 can't be opened: Address already in use" in done.stderr
    assert "SAGEMAKER_BIND_TO_PORT" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "many"),
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "image/png"),
        ("SAGEMAKER_INFERENCE_OUTPUT", "probabilities"),
    ],
)
def test_a_setting_that_cannot_be_met_stops_the_start(start, tmp_path, name, value):
    (tmp_path / "model").mkdir()
    packed(tmp_path / "model")
    done = start(tmp_path, **{name: value})
    assert done.returncode == 1
    assert name in done.stderr
    assert value in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
