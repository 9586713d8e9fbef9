"""The OpenAPI document: this model's columns, an example that works, what is answered, and the errors there are."""

from __future__ import annotations

from typing import Any, Final

from container import __version__, contract
from container.codecs import json, negotiation
from container.inference import explain
from container.inference.model import LoadedModel
from container.settings import Settings
from container.web import openapi_schemas as schemas

_ERRORS: Final = {
    "400": "The body can't be read as rows of this model; the message says where.",
    "404": "This model has no such path to show.",
    "406": "Nothing that Accept asks for is written here.",
    "413": "The body is over the limit.",
    "415": "The Content-Type or Content-Encoding isn't read here.",
    "500": "The model failed.",
    "503": "The model is not ready, or too many requests wait.",
}
_OURS: Final = ("400", "413", "415", "500", "503")


def example_request(loaded: LoadedModel) -> dict[str, Any]:
    """A body that `/invocations` answers: the packed example, or zeros where there is none; a script's may be empty."""
    schema = loaded.schema
    if not schema.features:
        return {}
    rows = loaded.example.rows[:1] if loaded.example else (tuple(map(schemas.blank, schema.features)),)
    envelope = next((key for key in json.ENVELOPES if key not in schema.names), "instances")
    if schema.named:
        return {envelope: [dict(zip(schema.names, row, strict=True)) for row in rows]}
    return {envelope: [list(row) for row in rows]}


def document(loaded: LoadedModel, settings: Settings) -> dict[str, Any]:
    """OpenAPI 3.1 for one model under one set of settings."""
    script_reads = not loaded.schema.features or bool({"input_fn", "transform_fn"} & set(loaded.hooks))
    script_answers = bool(loaded.hooks)
    paths: dict[str, Any] = {
        contract.PING_PATH: {
            "get": _operation("ping", "Is the model ready?", _json({"state": {"const": "READY"}}), ("503",))
        },
        contract.INVOCATIONS_PATH: {
            "post": {
                **_operation("invoke", "Predict", _answers(loaded, settings, script_answers), (*_OURS, "406")),
                "requestBody": {"required": not script_reads, "content": _bodies(loaded, script_reads)},
            }
        },
        contract.EXECUTION_PARAMETERS_PATH: {
            "get": _operation("executionParameters", "What batch transform asks for", _parameters(loaded), ("500",))
        },
        "/": {"get": _operation("page", "A page to try the model on", {"text/html": {}}, ("503",))},
        "/openapi.json": {"get": _operation("schema", "This document", {contract.JSON: {}}, ("503",))},
        "/calls": {"get": _operation("calls", "The last calls of this process", _json(schemas.CALLS))},
    }
    if script_answers:
        own = {"description": "What else the script answers.", "content": {"*/*": {}}}
        paths[contract.INVOCATIONS_PATH]["post"]["responses"]["default"] = own
    if count := explain.trees(loaded):
        paths["/path"] = {
            "post": {
                **_operation("path", "One row's way through one tree", _json(schemas.PATH), (*_OURS, "404")),
                "parameters": [_counted("row"), _counted("tree", count)],
                "requestBody": {"required": True, "content": _bodies(loaded, script_reads)},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Coppice: {_called(loaded)}", "version": loaded.model_id or __version__},
        "paths": paths,
        "components": {"schemas": {"Error": schemas.ERROR}},
    }


def _called(loaded: LoadedModel) -> str:
    return f"{loaded.estimator or 'a model'} ({loaded.task})"


def _operation(name: str, summary: str, content: dict[str, Any], errors: tuple[str, ...] = ()) -> dict[str, Any]:
    error = {contract.JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    answered = {"200": {"description": summary, "content": content}}
    failed = {status: {"description": _ERRORS[status], "content": error} for status in sorted(errors)}
    return {"operationId": name, "summary": summary, "responses": answered | failed}


def _json(properties: dict[str, Any]) -> dict[str, Any]:
    return {contract.JSON: {"schema": schemas.record(properties)}}


def _counted(name: str, most: int | None = None) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": most or 999_999_999, "default": 1}
    return {"name": name, "in": "query", "description": f"Which {name}, from 1.", "schema": schema}


def _bodies(loaded: LoadedModel, script_reads: bool) -> dict[str, Any]:
    if script_reads:  # only the script knows
        return {contract.JSON: {}, "*/*": {}}
    content: dict[str, Any] = {
        contract.JSON: {"schema": schemas.request(loaded), "example": example_request(loaded)},
    }
    for codec in negotiation.installed():
        content.setdefault(codec.media_type, {"schema": {"type": "string"}})
    return content


def _answers(loaded: LoadedModel, settings: Settings, script_answers: bool) -> dict[str, Any]:
    if script_answers:
        return {"*/*": {}}
    content: dict[str, Any] = {codec.media_type: {} for codec in negotiation.installed()}
    content[contract.JSON] = {"schema": schemas.answer(loaded, settings.inference_output)}
    return content


def _parameters(loaded: LoadedModel) -> dict[str, Any]:
    if "execution_parameters_fn" in loaded.hooks:
        return {"*/*": {}}
    return _json(
        {
            "MaxConcurrentTransforms": {"type": "integer", "minimum": 1},
            "BatchStrategy": {"enum": list(contract.BATCH_STRATEGIES)},
            "MaxPayloadInMB": {"type": "integer", "minimum": 0},
        }
    )
