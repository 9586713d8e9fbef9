"""What a training script leaves, where it is no estimator: only the script's own model_fn can load it."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from script_cases import FOREST

from container.artifact.manifest import Manifest
from container.artifact.store import open_directory
from container.training.adopt import Source, adopt

LOADS = 'import joblib, os\ndef model_fn(d): return joblib.load(os.path.join(d, "{name}"))\n'
ASKS = "def predict_fn(data, model): return data\n"


def adopted(tmp_path: Path, name: str, script: str) -> tuple[Path, str]:
    """The model folder after `script` has left a dict there under `name`, and what was said."""
    model_dir, source = tmp_path / "model", tmp_path / "src"
    model_dir.mkdir()
    source.mkdir()
    (source / "train.py").write_text(script)
    joblib.dump({"forest": FOREST, "scale": 2.0}, model_dir / name)
    said: list[str] = []
    adopt(model_dir, Source(source, "train.py", ["train.py"]), {}, "", said.append)
    return model_dir, "\n".join(said)


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl", "both.joblib"])
def test_model_fn_loads_what_is_no_estimator(tmp_path, name):
    model_dir, said = adopted(tmp_path, name, LOADS.format(name=name) + ASKS)
    manifest = Manifest.from_json((model_dir / "manifest.json").read_bytes())
    assert (manifest.engine, manifest.script) == ("script", "train.py")
    assert set(manifest.files) == {name, "code/train.py"}
    for file in manifest.files:
        open_directory(model_dir).verify(file)
    assert f"{name} holds dict, which has no predict method: train.py is to load what is there" in said


def test_without_model_fn_it_is_left_as_it_is_with_its_code(tmp_path):
    model_dir, said = adopted(tmp_path, "model.joblib", ASKS)
    assert not (model_dir / "manifest.json").exists()
    assert "left as the script wrote it, not packed: model.joblib holds dict" in said
    assert (model_dir / "code" / "train.py").read_text() == ASKS


def test_without_any_hook_no_code_is_left(tmp_path):
    model_dir, said = adopted(tmp_path, "model.joblib", "import json\n")
    assert [path.name for path in model_dir.iterdir()] == ["model.joblib"]
    assert "not packed" in said
