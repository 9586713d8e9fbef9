"""What the page is told of the model: one JSON document."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from container import __version__, contract
from container.inference import explain
from container.inference.model import LoadedModel
from container.settings import Settings
from container.web.openapi import example_request

_ENGINES: Final = {
    "forest": "compiled forest, equal to scikit-learn bit for bit",
    "sklearn": "scikit-learn",
    "script": "the model's own script",
}


def describe(loaded: LoadedModel, settings: Settings) -> dict[str, Any]:
    """The model's name, task, features, engine and versions, and bodies to try it with."""
    features = loaded.schema.features
    return {
        "name": loaded.estimator or "A model behind a script",
        "task": loaded.task,
        "engine": _ENGINES[loaded.engine],
        "model_id": loaded.model_id,
        "coppice": __version__,
        "versions": dict(loaded.versions),
        "hooks": loaded.hooks,
        "features": [{"name": feature.name, "dtype": feature.dtype} for feature in features],
        "importances": loaded.importances,
        "outputs": loaded.outputs,
        "classes": loaded.classes,
        "answers": settings.inference_output,
        "trees": explain.trees(loaded),
        "examples": examples(loaded),
        "body_known": not {"input_fn", "transform_fn"} & set(loaded.hooks) and bool(features),
    }


def examples(loaded: LoadedModel) -> dict[str, str]:
    """An example body in each of the formats that people write by hand."""
    document = example_request(loaded)
    if not loaded.schema.features:
        return {contract.JSON: json.dumps(document), contract.CSV: "", contract.JSONLINES: ""}
    (rows,) = document.values()
    return {
        contract.JSON: json.dumps(document, indent=2 if loaded.schema.named else None, ensure_ascii=False),
        contract.CSV: _csv(rows, loaded.schema.names if loaded.schema.named else ()),
        contract.JSONLINES: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
    }


def _csv(rows: list[Any], names: tuple[str, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if names:
        writer.writerow(names)
    writer.writerows(list(row.values()) if isinstance(row, dict) else row for row in rows)
    return out.getvalue()
