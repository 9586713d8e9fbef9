"""The JSON schemas of the OpenAPI document: what a row may be, and what is said of it."""

from __future__ import annotations

import sys
from typing import Any, Final

from container.artifact.manifest import Feature
from container.codecs.json import ENVELOPES
from container.forest.numpy_kernel import OVERFLOW
from container.inference.forest_model import CompiledModel
from container.inference.model import LoadedModel

Schema = dict[str, Any]

_MOST_LABELS: Final = 100
"""A classifier of more classes has its labels' types in the schema, not the labels."""
_LARGEST: Final = sys.float_info.max


def record(properties: Schema) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema, at_least: int = 0) -> Schema:
    return {"type": "array", "items": items, **({"minItems": at_least} if at_least else {})}


_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
# Lists of types are as right in 3.1, but not every tool takes them everywhere.
_NUMBER: Final[Schema] = {"anyOf": [{"type": "number"}, {"type": "null"}]}
_LABEL: Final[Schema] = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}

ERROR: Final = record({"error": record(dict.fromkeys(("code", "message", "hint", "request_id"), _TEXT))})
CALLS: Final[Schema] = {
    "workers": {"type": "integer", "minimum": 1},
    "calls": _list(
        record(
            {
                "at": {"type": "number"},
                "request_id": _TEXT,
                "status": {"type": "integer"},
                "rows": _COUNT,
                "milliseconds": {"type": "number"},
            }
        )
    ),
}
_SPLIT: Final = record(
    {
        "node": _COUNT,
        "column": _COUNT,
        "feature": _TEXT,
        "value": _NUMBER,
        "threshold": _NUMBER,
        "scaled": {"type": "boolean"},
        "filled": {"type": "boolean"},
        "goes": {"enum": ["left", "right"]},
        "beside": _COUNT,
    }
)
_SHARE: Final = record({"label": _LABEL, "share": {"type": "number"}})
_SAID: Final[Schema] = {
    "anyOf": [record({"output": _TEXT, "value": _NUMBER}), record({"output": _TEXT, "shares": _list(_SHARE)})]
}
PATH: Final[Schema] = {
    **dict.fromkeys(("row", "rows", "tree", "trees"), _COUNT),
    "splits": _list(_SPLIT),
    "leaf": record({"node": _COUNT, "answers": _list(_SAID)}),
}


def blank(feature: Feature) -> Any:
    """A value that a column can hold, for an example where none was packed."""
    return {"string": "", "bool": False}.get(feature.dtype, 0)


def request(loaded: LoadedModel) -> Schema:
    """Rows as `/invocations` takes them in JSON."""
    features, names = loaded.schema.features, loaded.schema.names
    cells = [_cell(feature, loaded) for feature in features]
    row: Schema = {"type": "array", "minItems": len(cells), "maxItems": len(cells)}
    alike = all(cell == cells[0] for cell in cells)
    row |= {"items": cells[0]} if alike else {"prefixItems": cells}
    rows = [_list(row, 1), row]
    if loaded.schema.named:
        by_name = record(dict(zip(names, cells, strict=True)))
        rows = [_list(by_name, 1), by_name, *rows]
    columns: Schema = {"const": list(names)} if loaded.schema.named else _list(_TEXT) | {"minItems": len(names)}
    if not loaded.schema.named:
        columns["maxItems"] = len(names)
    split = {"type": "object", "properties": {"columns": columns, "data": _list(row, 1)}}
    split["required"] = ["columns", "data"]
    wrapped = {key: {"anyOf": rows} for key in ENVELOPES if key != "dataframe_split"} | {"dataframe_split": split}
    return {"anyOf": [*(record({key: wrapped[key]}) for key in ENVELOPES if key not in names), *rows]}


def _cell(feature: Feature, loaded: LoadedModel) -> Schema:
    if feature.dtype == "string":
        return {"type": ["string", "null"]}
    if feature.dtype == "bool":
        return {"enum": [True, False, 1, 0, None]}
    if isinstance(loaded.model, CompiledModel) and not loaded.model.forest.forest.steps:  # it compares float32
        bounds: Schema = {"exclusiveMinimum": -OVERFLOW, "exclusiveMaximum": OVERFLOW}
        return {"type": ["number", "null"] if loaded.model.forest.forest.takes_nan else "number", **bounds}
    return {"type": ["number", "null"], "minimum": -_LARGEST, "maximum": _LARGEST}


def answer(loaded: LoadedModel, keys: tuple[str, ...]) -> Schema:
    """What is answered in JSON: one value a row, alone or in the envelope that goes with the request's."""
    values = _list(_value(loaded, keys))
    return {"anyOf": [values, *(record({key: values}) for key in dict.fromkeys(ENVELOPES.values()))]}


def _value(loaded: LoadedModel, keys: tuple[str, ...]) -> Schema:
    if keys:
        labels = _one_or_all([_list(label) for label in _labels(loaded)])
        share: Schema = {"type": "number", "minimum": 0, "maximum": 1.0000001}  # a sum of shares is rounded
        outputs = len(loaded.outputs)
        by_key = {
            "predicted_label": _one_or_all(_labels(loaded)),
            "labels": labels,
            "probability": _one_or_all([share] * outputs),
            "probabilities": _one_or_all([_list(share)] * outputs),
        }
        return record({key: by_key[key] for key in keys})
    if loaded.task == "classification":
        return _one_or_all(_labels(loaded))
    return _one_or_all([_NUMBER] * len(loaded.outputs)) if loaded.task == "regression" else {}


def _labels(loaded: LoadedModel) -> list[Schema]:
    """One schema for each output, all alike: several outputs' labels share an array, and so its type."""
    if len(loaded.outputs) != 1 or not loaded.classes or len(loaded.classes[0]) > _MOST_LABELS:
        return [_LABEL] * len(loaded.outputs)
    return [{"enum": list(loaded.classes[0])}]


def _one_or_all(each: list[Schema]) -> Schema:
    if len(each) == 1:
        return each[0]
    return {"type": "array", "items": each[0], "minItems": len(each), "maxItems": len(each)}
