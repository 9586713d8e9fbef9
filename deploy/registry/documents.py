"""What lies beside a registered archive in S3: its metrics in SageMaker's words, and rows to try it on."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from container.artifact import archive
from container.artifact.manifest import Example, Manifest

METRICS_FILE: Final = "model-quality.json"
PAYLOAD_FILE: Final = "sample-payload.tar.gz"
_ROWS_FILE: Final = "rows.csv"
_HELD_OUT: Final = ("test", "validation")
"""The channels whose scores speak of rows that the model hasn't seen, the better one first."""
_NAMES: Final = {"f1": "macro_f1"}
"""Names of ours that would mean something else among SageMaker's."""


def metrics(manifest: Manifest) -> bytes | None:
    """The scores as SageMaker's model quality monitor writes them; None where there are none.

    Source: the Developer Guide's page on model quality metrics, which also writes NaN for a standard deviation that
    isn't known.
    """
    scores = _held_out(manifest.metrics or {})
    section = _section(manifest)
    if not scores or section is None:
        return None
    found = {
        _NAMES.get(name, name): {"value": value, "standard_deviation": "NaN"} for name, value in sorted(scores.items())
    }
    return (json.dumps({section: found}, indent=2) + "\n").encode()


def _held_out(scores: Mapping[str, float]) -> dict[str, float]:
    """The scores of one channel: `test:rmse` is the test channel's rmse."""
    for channel in _HELD_OUT:
        found = {name.partition(":")[2]: value for name, value in scores.items() if name.startswith(f"{channel}:")}
        if found:
            return found
    return {name: value for name, value in scores.items() if ":" not in name}


def _section(manifest: Manifest) -> str | None:
    if manifest.task == "regression":
        return "regression_metrics"
    if manifest.task != "classification":
        return None
    binary = manifest.classes is not None and [len(labels) for labels in manifest.classes] == [2]
    return "binary_classification_metrics" if binary else "multiclass_classification_metrics"


def sample_payload(manifest: Manifest) -> bytes | None:
    """An archive with the example rows as one CSV, without a header row; None where there is no example.

    One file, because Inference Recommender sends every file of the archive as it is. Equal rows give equal bytes.
    """
    if manifest.example is None or manifest.script:  # only a script knows what its body is
        return None
    with tempfile.TemporaryDirectory(prefix="coppice-") as folder:
        (Path(folder) / _ROWS_FILE).write_text(_csv(manifest.example), encoding="utf-8")
        packed = Path(folder) / PAYLOAD_FILE
        archive.write(Path(folder), [_ROWS_FILE], packed)
        return packed.read_bytes()


def _csv(example: Example) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(example.rows)
    return out.getvalue()
