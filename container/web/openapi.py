"""The OpenAPI document: this model's columns, an example that works, and the errors there are."""

from __future__ import annotations

from typing import Any, Final

from container import __version__, contract
from container.artifact.manifest import DType
from container.codecs import negotiation
from container.inference.model import LoadedModel

_TYPES: Final[dict[DType, str]] = {
    "float64": "number",
    "int64": "number",
    "bool": "boolean",
    "string": "string",
}
_ERRORS: Final = {
    "400": "The body can't be read as rows of this model; the message says where.",
    "406": "Nothing that Accept asks for is written here.",
    "413": "The body is over the limit.",
    "415": "The Content-Type isn't read here.",
    "500": "The model failed.",
    "503": "The model is not ready, or too many requests wait.",
}


def example_request(loaded: LoadedModel) -> dict[str, Any]:
    """A body that `/invocations` answers: the packed example, or zeros where there is none; a script's may be empty."""
    schema = loaded.schema
    if not schema.features:
        return {}
    rows = loaded.example.rows[:1] if loaded.example else ((0,) * len(schema.features),)
    if schema.named:
        return {"instances": [dict(zip(schema.names, row, strict=True)) for row in rows]}
    return {"instances": [list(row) for row in rows]}


def document(loaded: LoadedModel) -> dict[str, Any]:
    """OpenAPI 3.1 for one model."""
    error = {"$ref": "#/components/schemas/Error"}
    content: dict[str, Any] = {contract.JSON: {"schema": _request_schema(loaded), "example": example_request(loaded)}}
    if not loaded.schema.features or {"input_fn", "transform_fn"} & set(loaded.hooks):
        content = {contract.JSON: {}, "*/*": {}}  # only the script knows
    for codec in negotiation.installed():
        content.setdefault(codec.media_type, {"schema": {"type": "string"}})
    answers: dict[str, Any] = {codec.media_type: {} for codec in negotiation.installed()}
    if loaded.hooks:
        answers = {"*/*": {}}
    errors = {
        status: {"description": text, "content": {contract.JSON: {"schema": error}}} for status, text in _ERRORS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Coppice: a {loaded.task} model", "version": loaded.model_id or __version__},
        "paths": {
            contract.PING_PATH: {"get": {"responses": {"200": {"description": "ready"}, "503": errors["503"]}}},
            contract.INVOCATIONS_PATH: {
                "post": {
                    "requestBody": {"required": True, "content": content},
                    "responses": {
                        "200": {"description": "One prediction a row.", "content": answers},
                        **errors,
                    },
                }
            },
            contract.EXECUTION_PARAMETERS_PATH: {"get": {"responses": {"200": {"description": "for batch transform"}}}},
        },
        "components": {"schemas": {"Error": _error_schema()}},
    }


def _request_schema(loaded: LoadedModel) -> dict[str, Any]:
    features = loaded.schema.features
    row: dict[str, Any] = {"type": "array", "minItems": len(features), "maxItems": len(features)}
    if loaded.schema.named:
        columns = {feature.name: {"type": [_TYPES[feature.dtype], "null"]} for feature in features}
        row = {"anyOf": [{"type": "object", "properties": columns, "required": list(columns)}, row]}
    rows = {"type": "array", "items": row, "minItems": 1}
    envelope = {"type": "object", "properties": {"instances": rows}, "required": ["instances"]}
    return {"anyOf": [envelope, rows]}


def _error_schema() -> dict[str, Any]:
    fields = {name: {"type": "string"} for name in ("code", "message", "hint", "request_id")}
    error = {"type": "object", "properties": fields, "required": list(fields)}
    return {"type": "object", "properties": {"error": error}, "required": ["error"]}
