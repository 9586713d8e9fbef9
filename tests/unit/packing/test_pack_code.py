"""Packing with a script: what goes along, what is tried, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from script_cases import SCRIPTS, forest, in_pieces, own_class

from container.artifact.manifest import Manifest
from container.artifact.store import open_model
from container.errors import ContainerError, MissingLibrary, PackingError, ScriptError
from container.packing.pack import Code, pack


def packed(source: Path, given: Code | None = None, said: list[str] | None = None, **more: bool) -> Manifest:
    """The manifest that is written, whose files are all there as it says."""
    archive = source.parent / "packed.tar.gz"
    lines = said if said is not None else []
    manifest = pack(source, archive, say=lines.append, given=given, **more)
    with open_model(archive) as artifact:
        for name in manifest.files:
            artifact.verify(name)
        assert artifact.manifest == manifest
    return manifest


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    forest(tmp_path / "model")
    return tmp_path / "model"


def test_the_script_and_what_lies_beside_it_go_along_without_caches(model, tmp_path):
    source = tmp_path / "src"
    shutil.copytree(SCRIPTS / "seed", source)
    (source / "lib").mkdir()
    (source / "lib" / "helper.py").write_text("")
    for name in ("__pycache__/x.pyc", ".git/config", ".ipynb_checkpoints/a.py", "lib/y.pyc"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("")
    said: list[str] = []
    manifest = packed(model / "model.joblib", Code(source), said)
    assert {name for name in manifest.files if name.startswith("code/")} == {"code/inference.py", "code/lib/helper.py"}
    assert (manifest.script, manifest.engine, manifest.format_version) == ("inference.py", "forest", 2)
    assert "script: inference.py (model_fn, input_fn, predict_fn, output_fn)" in said


def test_without_code_the_manifest_is_as_it_always_was(model):
    manifest = packed(model / "model.joblib")
    assert (manifest.script, manifest.format_version) == ("", 1)
    assert {"script", "warnings"}.isdisjoint(json.loads(manifest.to_json()))


def test_another_entry_point(model, tmp_path):
    source = tmp_path / "src"
    source.mkdir()
    (source / "serving.py").write_text((SCRIPTS / "seed" / "inference.py").read_text())
    assert packed(model, Code(source, "serving.py")).script == "serving.py"
    with pytest.raises(
        PackingError, match=r"no inference.py in the code, but serving.py has a serving hook"
    ) as refusal:
        packed(model, Code(source))
    assert "--entry-point serving.py" in refusal.value.hint
    with pytest.raises(PackingError, match=r"no other.py in the code; it has serving.py"):
        packed(model, Code(source, "other.py"))
    with pytest.raises(PackingError, match="is not a folder"):
        packed(model, Code(tmp_path / "nowhere"))


def test_modules_that_the_pickle_needs(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    own_class("class_only", "halving", "Halving")(folder)
    with pytest.raises(MissingLibrary, match="halving"):
        packed(folder)
    said: list[str] = []
    manifest = packed(folder, Code(SCRIPTS / "class_only"), said)
    assert (manifest.script, manifest.engine) == ("", "sklearn") and "code/halving.py" in manifest.files
    assert "code: no script, only what the model needs" in said
    assert "halving" not in sys.modules  # and the next one's may be another


def test_a_folder_that_has_code_needs_no_flag_and_a_lone_file_takes_none(model):
    shutil.copytree(SCRIPTS / "output_fn", model / "code")
    (model / "labels.json").write_text("[]")
    manifest = packed(model)
    assert manifest.script == "inference.py" and "labels.json" in manifest.files
    again = packed(model.parent / "packed.tar.gz")
    assert again.files == manifest.files and again.script == "inference.py"
    assert packed(model / "model.joblib").script == ""


def test_a_model_that_only_its_script_can_load(tmp_path):
    (tmp_path / "model").mkdir()
    in_pieces(tmp_path / "model")
    manifest = packed(tmp_path / "model", Code(SCRIPTS / "several_models"))
    assert (manifest.engine, manifest.features) == ("script", ())
    assert {"scaler.joblib", "forest.joblib", "labels.json"} < set(manifest.files)
    with pytest.raises(ContainerError, match="holds no model"):  # nobody but model_fn could
        packed(tmp_path / "model", Code(SCRIPTS / "predict_fn"))


@pytest.mark.parametrize("script", ["predict_fn", "transform_fn", "model_fn"])
def test_a_script_that_asks_the_estimator_needs_it(model, script):
    with pytest.raises(PackingError, match=f"has {script}, which needs the estimator"):
        packed(model, Code(SCRIPTS / script), keep_source=False)
    assert "model.joblib" not in packed(model, Code(SCRIPTS / "output_fn"), keep_source=False).files


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("wrong_arity", ScriptError, "output_fn"),
        ("both", ScriptError, "transform_fn"),
        ("missing_module", MissingLibrary, "lightgbm_of_nowhere"),
        ("broken_syntax", ScriptError, "line 4"),
    ],
)
def test_what_would_stop_the_start_stops_the_packing(model, script, error, words):
    with pytest.raises(error, match=words):
        packed(model, Code(SCRIPTS / script))
    assert not (model.parent / "packed.tar.gz").exists()


def test_requirements_that_are_not_met_are_said(model, tmp_path):
    shutil.copytree(SCRIPTS / "seed", tmp_path / "src")
    (tmp_path / "src" / "requirements.txt").write_text("numpy>=1\n# a comment\n-r more.txt\nlightgbm-of-nowhere==1\n")
    said: list[str] = []
    packed(model, Code(tmp_path / "src"), said)
    (warning,) = [line for line in said if line.startswith("warning")]
    assert "asks for lightgbm-of-nowhere==1:" in warning and "RUN pip install lightgbm-of-nowhere==1" in warning


def test_a_hook_that_is_not_there(model, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plain.py").write_text("x = 1")
    with pytest.raises(PackingError, match="none of the hooks"):
        packed(model, Code(tmp_path / "src", "plain.py"))
