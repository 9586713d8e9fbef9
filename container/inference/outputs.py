"""What an answer consists of: the prediction alone, or what SAGEMAKER_INFERENCE_OUTPUT asks of a classifier."""

from __future__ import annotations

from typing import Any

from container.codecs.rows import Answer, Array, plain
from container.errors import SettingsError
from container.inference.model import LoadedModel


def check(keys: tuple[str, ...], loaded: LoadedModel) -> None:
    """Refuse at start what could never be answered; raises SettingsError."""
    asked = ",".join(keys)
    if keys and loaded.task != "classification":
        raise SettingsError(
            f"SAGEMAKER_INFERENCE_OUTPUT asks for {asked}, but this model is no classifier.",
            "Unset the variable.",
        )
    if {"probability", "probabilities"} & set(keys) and not loaded.has_probabilities:
        raise SettingsError(
            f"SAGEMAKER_INFERENCE_OUTPUT asks for {asked}, but this classifier has no predict_proba.",
            "Leave probability and probabilities out, or fit it with probabilities.",
        )


def answer(loaded: LoadedModel, rows: Array, keys: tuple[str, ...], envelope: str) -> Answer:
    """Predict what is asked for; `rows` are (n, features). Raises what the engine raises."""
    if not keys:
        return Answer((loaded.model.predict(rows),), envelope=envelope)
    columns: dict[str, list[Any]] = {}
    if "predicted_label" in keys:
        columns["predicted_label"] = plain(loaded.model.predict(rows))
    if "labels" in keys:
        columns["labels"] = [_one_or_all([list(labels) for labels in loaded.classes or ()])] * len(rows)
    if {"probability", "probabilities"} & set(keys):
        per_output = loaded.model.predict_proba(rows)
        columns["probabilities"] = _by_row([plain(output) for output in per_output])
        columns["probability"] = _by_row([plain(output.max(axis=1)) for output in per_output])
    return Answer(tuple(columns[key] for key in keys), keys, envelope)


def _by_row(per_output: list[list[Any]]) -> list[Any]:
    return [_one_or_all(list(row)) for row in zip(*per_output, strict=True)]


def _one_or_all(per_output: list[Any]) -> Any:
    """A single output's value stands for itself; several stay a list."""
    return per_output[0] if len(per_output) == 1 else per_output
