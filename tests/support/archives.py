"""Small archives with a manifest, made without scikit-learn: what is in model.joblib is never opened."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from container.artifact import archive
from container.artifact.manifest import MANIFEST_FILE, Example, Feature, FileEntry, Manifest

CONTENT = b"not a pickle"


def manifest(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "task": "regression",
        "engine": "sklearn",
        "input": "frame",
        "features": (Feature("rooms"), Feature("town", "string")),
        "outputs": ("price",),
        "classes": None,
        "versions": {"python": "3.13.1", "scikit-learn": "1.7.0"},
        "files": {"model.joblib": FileEntry(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))},
        "example": Example(((3.0, "Bonn"), (None, "a, b")), (1.5, 2.5)),
        "metrics": {"training:rmse": 0.1, "validation:rmse": 0.5, "validation:r2": 0.8},
    }
    return Manifest(**{**values, **changes}).with_id()


def write(destination: Path, described: Manifest) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / MANIFEST_FILE).write_text(described.to_json(), encoding="utf-8")
        (Path(folder) / "model.joblib").write_bytes(CONTENT)
        archive.write(Path(folder), [MANIFEST_FILE, "model.joblib"], destination)
    return destination
