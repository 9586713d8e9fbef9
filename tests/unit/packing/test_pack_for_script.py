"""Packing what only a script can load, and packing from folders that hold more than a model."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import pytest
from script_cases import CASES, FOREST, forest

from container.artifact.manifest import Manifest
from container.artifact.store import open_model
from container.errors import NotAnEstimator, PackingError
from container.packing.pack import Code, pack

LOADS = 'import joblib, os\ndef model_fn(d): return joblib.load(os.path.join(d, "{name}"))\n'
ASKS = "def predict_fn(data, model): return data\n"


def code(folder: Path, text: str, name: str = "inference.py") -> Code:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return Code(folder)


def packed(source: Path, given: Code | None = None, said: list[str] | None = None) -> Manifest:
    """The manifest of packed.tar.gz beside the model, whose files are there as it says."""
    archive = source.parent / "packed.tar.gz"
    manifest = pack(source, archive, given=given, say=(said if said is not None else []).append)
    with open_model(archive) as artifact:
        for name in manifest.files:
            artifact.verify(name)
    return manifest


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl"])
@pytest.mark.parametrize("lone", [False, True])
def test_a_model_file_that_holds_no_estimator_is_the_scripts(tmp_path, name, lone):
    folder = tmp_path / "model"
    folder.mkdir()
    joblib.dump({"forest": FOREST, "scale": 2.0}, folder / name)
    said: list[str] = []
    given = code(tmp_path / "src", LOADS.format(name=name) + ASKS)
    manifest = packed(folder / name if lone else folder, given, said)
    assert (manifest.engine, manifest.features, manifest.script) == ("script", (), "inference.py")
    assert set(manifest.files) == {name, "code/inference.py"}
    assert f"engine: script, because {name} holds dict, which has no predict method." in said
    archive = folder.parent / "packed.tar.gz" if not lone else folder / "packed.tar.gz"
    (tmp_path / "again").mkdir()
    copy = archive.rename(tmp_path / "again" / "model.tar.gz")
    assert packed(copy).files == manifest.files


def test_without_a_model_fn_it_is_nobodys(tmp_path):
    joblib.dump({"forest": FOREST}, tmp_path / "model.joblib")
    with pytest.raises(NotAnEstimator, match="holds dict"):
        packed(tmp_path / "model.joblib", code(tmp_path / "src", ASKS))


@pytest.mark.parametrize("name", ["model.pkl", "rf.joblib"])
def test_model_fn_finds_the_file_under_the_name_it_knows(tmp_path, name):
    joblib.dump(FOREST, tmp_path / name)
    manifest = packed(tmp_path / name, code(tmp_path / "src", LOADS.format(name=name)))
    assert {name, "model.joblib"} < set(manifest.files) and manifest.engine == "forest"
    assert manifest.files[name] == manifest.files["model.joblib"]
    assert name not in packed(tmp_path / name, code(tmp_path / "src", ASKS)).files  # nobody asks for it


def test_a_compiled_forest_is_not_lost_to_a_script(tmp_path):
    forest(tmp_path)
    pack(tmp_path / "model.joblib", tmp_path / "sourceless.tar.gz", keep_source=False)
    for text in (LOADS.format(name="model.joblib"), ASKS):
        with pytest.raises(PackingError, match="packed with --no-source"):
            packed(tmp_path / "sourceless.tar.gz", code(tmp_path / "src", text))


def test_a_script_that_cannot_load_does_not_replace_one_that_can(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.txt").write_text("1")
    packed(tmp_path / "model", code(tmp_path / "src", LOADS.format(name="weights.txt")))
    archive = (tmp_path / "packed.tar.gz").rename(tmp_path / "first.tar.gz")
    with pytest.raises(PackingError, match="only a script can load it") as refusal:
        packed(archive, code(tmp_path / "src", ASKS))
    assert "model_fn" in refusal.value.hint


def test_a_projects_folder_is_packed_twice_to_the_same(tmp_path):
    forest(tmp_path)
    (tmp_path / ".env").write_text("SECRET=1")
    (tmp_path / "labels.json").write_text("[]")
    given = code(tmp_path / "src", ASKS)
    manifests = [pack(tmp_path, tmp_path / "model.tar.gz", given=given) for _ in range(2)]
    assert manifests[0].model_id == manifests[1].model_id
    mine = {name for name in manifests[1].files if not name.startswith("forest/")}
    assert mine == {"model.joblib", "labels.json", "code/inference.py"}
    code(tmp_path, ASKS)
    beside = [pack(tmp_path / "model.joblib", tmp_path / "model.tar.gz", given=Code(tmp_path)) for _ in range(2)]
    assert beside[0].model_id == beside[1].model_id
    assert {"code/model.joblib", "code/model.tar.gz", "code/.env"}.isdisjoint(beside[1].files)


def test_the_entry_point_may_be_named_from_either_side(tmp_path, monkeypatch):
    forest(tmp_path)
    code(tmp_path / "src", ASKS, "mine.py")
    monkeypatch.chdir(tmp_path)
    for wanted in ("mine.py", "./mine.py", "src/mine.py", "../src/mine.py", str(tmp_path / "src" / "mine.py")):
        assert packed(tmp_path / "model.joblib", Code(Path("src"), wanted)).script == "mine.py"
    (tmp_path / "outside.py").write_text(ASKS)
    for wanted in ("../outside.py", "outside.py", ".mine.py"):
        (tmp_path / "src" / ".mine.py").write_text(ASKS)
        with pytest.raises(PackingError, match=r"no .*\.py in the code; it has mine.py"):
            packed(tmp_path / "model.joblib", Code(Path("src"), wanted))


def test_code_that_does_nothing_is_refused_or_said(tmp_path):
    forest(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackingError, match=r"no inference.py in the code; it has no Python files"):
        packed(tmp_path / "model.joblib", Code(tmp_path / "empty"))
    said: list[str] = []
    assert packed(tmp_path / "model.joblib", code(tmp_path / "src", "x = 1"), said).script == ""
    assert any("it does nothing" in line for line in said)
    said.clear()
    case = next(case for case in CASES if case.script == "class_only")
    packed(case.lay_out(tmp_path / "own"), None, said)
    assert not any("it does nothing" in line for line in said)


def test_a_hook_in_a_folder_further_down_is_found(tmp_path):
    forest(tmp_path)
    (tmp_path / "src").mkdir()
    code(tmp_path / "src" / "serving", ASKS)
    with pytest.raises(PackingError, match=r"but serving/inference.py has a serving hook") as refusal:
        packed(tmp_path / "model.joblib", Code(tmp_path / "src"))
    assert "--entry-point serving/inference.py" in refusal.value.hint


def test_importing_the_code_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    forest(tmp_path)
    given = code(tmp_path / "src", "import beside\n" + ASKS)
    (tmp_path / "src" / "beside.py").write_text("")
    before = list(sys.path)
    manifest = packed(tmp_path / "model.joblib", given)
    assert {name for name in manifest.files if name.startswith("code/")} == {"code/inference.py", "code/beside.py"}
    assert sorted(path.name for path in (tmp_path / "src").iterdir()) == ["beside.py", "inference.py"]
    assert sys.path == before and sys.dont_write_bytecode is False and "beside" not in sys.modules


def test_what_is_to_be_installed_is_quoted_for_a_shell(tmp_path):
    forest(tmp_path)
    given = code(tmp_path / "src", ASKS)
    (tmp_path / "src" / "requirements.txt").write_text('nowhere-a>=4\nnowhere-b[x]==1; python_version > "3"  # why\n')
    said: list[str] = []
    packed(tmp_path / "model.joblib", given, said)
    assert "RUN pip install 'nowhere-a>=4' 'nowhere-b[x]==1'" in said[0]
