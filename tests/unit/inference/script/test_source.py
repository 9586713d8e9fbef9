"""Where a script is found, and what may not run."""

from __future__ import annotations

import hashlib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from container.artifact import archive
from container.artifact.manifest import Feature, FileEntry, Manifest
from container.artifact.store import Artifact
from container.errors import IntegrityError, ScriptError
from container.inference.script.source import Script, find_script, has_hooks, hooks_in
from container.settings import Settings

HOOK = "def predict_fn(data, model): return data\n"


def model(folder: Path, packed: bool = False, script: str = "", **files: str) -> Artifact:
    for name, text in files.items():
        path = folder / "code" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not packed:
        return Artifact(folder, None)
    listed = {
        path.relative_to(folder).as_posix(): FileEntry(
            hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
        )
        for path in folder.rglob("*.py")
    }
    return Artifact(
        folder, Manifest("other", "sklearn", "array", (Feature(""),), ("y",), None, {}, listed, script=script)
    )


def find(artifact: Artifact, **settings: Any) -> Script | None:
    with ExitStack() as stack:
        found = find_script(artifact, Settings(**settings), stack)
        if found is not None and found.program:
            assert found.path.is_file()
        return found


def test_no_code_no_script(tmp_path):
    assert find(model(tmp_path)) is None


@pytest.mark.parametrize("packed", [False, True])
def test_code_in_the_model(tmp_path, packed):
    artifact = model(tmp_path, packed, inference=HOOK, helper="")
    assert find(artifact) == Script(tmp_path / "code", "inference.py")
    assert find(artifact, program="helper.py") == Script(tmp_path / "code", "helper.py")


def test_what_it_was_packed_as(tmp_path):
    assert find(model(tmp_path, True, "train.py", train=HOOK, inference=HOOK)).program == "train.py"


def test_code_that_only_helps_the_model(tmp_path):
    assert find(model(tmp_path, helper="x = 1")) == Script(tmp_path / "code")
    assert find(model(tmp_path, inference="x = 1")).program == ""


def test_a_named_script_must_be_there(tmp_path):
    with pytest.raises(ScriptError, match=r"no serve.py in the model's code/; of Python files it has inference.py"):
        find(model(tmp_path, inference=HOOK), program="serve.py")
    with pytest.raises(ScriptError, match=r"SAGEMAKER_PROGRAM is 'inference.py', but the model has no code/"):
        find(model(tmp_path / "bare"), program="inference.py")
    with pytest.raises(ScriptError, match="there is nothing"):
        find(model(tmp_path), submit_directory=str(tmp_path / "nowhere"))
    (tmp_path / "x.zip").write_text("")
    with pytest.raises(ScriptError, match="neither a folder nor an archive"):
        find(model(tmp_path), submit_directory=str(tmp_path / "x.zip"))


@pytest.mark.parametrize("form", ["folder", "file://", "archive"])
def test_a_submit_directory(tmp_path, form):
    source = tmp_path / "src"
    source.mkdir()
    (source / "mine.py").write_text(HOOK)
    where = str(source)
    if form == "file://":
        where = f"file://{source}"
    elif form == "archive":
        archive.write(source, ["mine.py"], tmp_path / "sourcedir.tar.gz")
        where = str(tmp_path / "sourcedir.tar.gz")
    found = find(model(tmp_path / "model"), submit_directory=where, program="mine.py")
    assert found is not None and found.program == "mine.py"
    assert (found.folder == source) is (form != "archive")


def test_a_place_below_opt_ml_is_below_the_base_folder(tmp_path):
    """What SageMaker's SDK sets, where /opt/ml is elsewhere: SAGEMAKER_BASE_DIR."""
    artifact = model(tmp_path / "model", inference=HOOK)
    found = find(artifact, submit_directory="/opt/ml/model/code", base_dir=tmp_path)
    assert found == Script(tmp_path / "model" / "code", "inference.py")


def test_a_broken_archive_is_named(tmp_path):
    (tmp_path / "sourcedir.tar.gz").write_bytes(b"no archive")
    with pytest.raises(ScriptError, match=r"SAGEMAKER_SUBMIT_DIRECTORY is .*not a whole tar archive"):
        find(model(tmp_path / "model"), submit_directory=str(tmp_path / "sourcedir.tar.gz"))


def test_s3_without_boto3_or_without_the_object(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)  # as where it isn't installed
    with pytest.raises(ScriptError, match="boto3, which could fetch it, isn't in this image") as refusal:
        find(model(tmp_path / "model"), submit_directory="s3://bucket/sourcedir.tar.gz")
    assert "S3=1" in refusal.value.hint


def test_code_that_the_manifest_does_not_list_or_that_was_changed(tmp_path):
    artifact = model(tmp_path, True, inference=HOOK)
    (tmp_path / "code" / "stranger.py").write_text("")
    with pytest.raises(IntegrityError, match=r"doesn't list code/stranger.py, so nothing there is run"):
        find(artifact)
    (tmp_path / "code" / "stranger.py").unlink()
    (tmp_path / "code" / "inference.py").write_text(HOOK.replace("data\n", "None"))
    with pytest.raises(IntegrityError, match=r"code/inference.py"):
        find(artifact)
    (tmp_path / "code" / "inference.py").unlink()
    (tmp_path / "code" / "inference.py").symlink_to("/etc/passwd")
    with pytest.raises(IntegrityError):
        find(artifact)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HOOK, True),
        ("from shared import predict_fn", True),
        ("from shared import other as output_fn", True),
        ("from shared import *", True),
        ("model_fn = load", True),
        ("if True:\n    def input_fn(b, c): return b", True),
        ("try:\n    from a import transform_fn\nexcept ImportError:\n    pass", True),
        ("def broken(:", True),
        ("model_fn: object = load", True),
        ("model_fn, predict_fn = load, ask", True),
        ("with quiet:\n    def model_fn(d): pass", True),
        ("try:\n    pass\nexcept ImportError:\n    from a import model_fn", True),
        ("if (model_fn := load): pass", True),
        ("import predict_fn", True),
        ("def helper(): pass", False),
        ("def helper():\n    model_fn = 1", False),
        ("helper(model_fn)", False),
        ("class A:\n    def predict_fn(self): pass", False),
        ("", False),
    ],
)
def test_hooks_are_told_without_running_the_file(tmp_path, text, found):
    (tmp_path / "x.py").write_text(text)
    assert has_hooks(tmp_path / "x.py") is found


def test_which_hooks_a_file_has(tmp_path):
    (tmp_path / "x.py").write_text("from a import predict_fn as b\ndef output_fn(): pass\nmodel_fn = b\n")
    assert hooks_in(tmp_path / "x.py") == ("model_fn", "output_fn")
    (tmp_path / "x.py").write_text("from a import *\ndef output_fn(): pass\n")
    assert hooks_in(tmp_path / "x.py") == ("*",)


@pytest.mark.parametrize("place", ["code/", "a submit directory"])
def test_requirements_that_are_not_met_are_in_the_log(tmp_path, caplog, place):
    artifact = model(tmp_path, inference=HOOK)
    (tmp_path / "code" / "requirements.txt").write_text("numpy\nlightgbm-of-nowhere>=4\n")
    find(artifact, submit_directory="" if place == "code/" else str(tmp_path / "code"))
    (record,) = caplog.records
    assert record.levelname == "WARNING" and record.fields["missing"] == ["lightgbm-of-nowhere>=4"]
    assert "RUN pip install 'lightgbm-of-nowhere>=4'" in record.fields["hint"]
