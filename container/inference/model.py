"""What the pipeline needs of an engine, and which engine opens which artifact."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np

from container.artifact.manifest import Engine, Example, Label, Schema, Task
from container.artifact.store import Artifact
from container.codecs.rows import Array
from container.errors import IncompatibleModel, first_line


class RowRejected(Exception):
    """The model can't take one of the rows: which one, which column (None for the whole row), and why."""

    def __init__(self, row: int, column: int | None, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.column = column
        self.reason = reason


class Model(Protocol):
    """An engine with a model in it. Safe to call from several threads."""

    def predict(self, rows: Array) -> Array:
        """Predictions for rows (n, features): (n,), or (n, outputs). Raises RowRejected for what it can't take."""

    def predict_proba(self, rows: Array) -> list[Array]:
        """A classifier's probabilities: one array (n, classes) for each output. Raises as `predict`."""


class LoadedModel(NamedTuple):
    """A model that is ready to answer, and all that the pipeline, the schema and the landing page say of it."""

    model: Model
    engine: Engine
    task: Task
    schema: Schema
    outputs: tuple[str, ...]
    classes: tuple[tuple[Label, ...], ...] | None
    has_probabilities: bool
    model_id: str = ""
    example: Example | None = None
    hooks: tuple[str, ...] = ()
    """The hooks of a user's script that stand in the pipeline's places."""
    estimator: str = ""
    """The class of what predicts, where that is known."""
    importances: tuple[float, ...] = ()
    """A forest's, one for each feature; empty where the artifact doesn't say."""
    versions: Mapping[str, str] = MappingProxyType({})
    """What the model was packed with, by the libraries' names."""


def load(artifact: Artifact) -> LoadedModel:
    """Load with the engine its manifest names (a bare file: scikit-learn) and see that its example comes out again.

    Raises ArtifactError in one of its kinds. The example also warms the model up before the first request.
    """
    artifact.check_sizes()
    loaded = _engine(artifact)(artifact)
    _check_example(loaded, artifact)
    return loaded


def _engine(artifact: Artifact) -> Callable[[Artifact], LoadedModel]:
    """The engine's `load`. Engines are imported where they are needed: scikit-learn takes a second to start."""
    if artifact.manifest is not None and artifact.manifest.engine == "forest":
        from container.inference.forest_model import load as load_forest

        return load_forest
    from container.inference.sklearn_model import load as load_estimator

    return load_estimator


def _check_example(loaded: LoadedModel, artifact: Artifact) -> None:
    if loaded.example is None or artifact.manifest is None:
        return
    try:
        answers = answers_of(loaded, example_rows(loaded.example, loaded.schema))
    except Exception as error:
        raise IncompatibleModel(
            f"The model fails on its own example ({type(error).__name__}: {first_line(error)}). "
            f"It was packed with {_versions(artifact)}; here is {_here(artifact)}.",
            "Serve it with those versions, or train and pack it again with the ones here.",
        ) from error
    if not _same(answers, list(loaded.example.predictions)):
        raise IncompatibleModel(
            f"The model answers its own example with {answers[0]!r}; when it was packed it was "
            f"{loaded.example.predictions[0]!r}. It was packed with {_versions(artifact)}.",
            "Serve it with those versions, or train and pack it again with the ones here.",
        )


def example_rows(example: Example, schema: Schema) -> Array:
    """The manifest's example rows as an engine takes them."""
    return np.array(
        [[np.nan if cell is None else cell for cell in row] for row in example.rows],
        dtype=np.float64 if schema.numeric else object,
    )


def answers_of(loaded: LoadedModel, rows: Array) -> list[Any]:
    """Predictions as the manifest keeps them: plain numbers and labels."""
    answers: list[Any] = loaded.model.predict(rows).tolist()
    return answers


def _same(answers: list[Any], expected: list[Any]) -> bool:
    """Equal, but for the last digits in which another processor's BLAS may differ."""
    try:
        return bool(np.allclose(np.array(answers, float), np.array(expected, float), rtol=1e-9, atol=0, equal_nan=True))
    except (TypeError, ValueError):
        return answers == expected


def _here(artifact: Artifact) -> str:
    """The versions at hand of what the model was packed with."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for name in artifact.manifest.versions if artifact.manifest else {}:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)


def _versions(artifact: Artifact) -> str:
    versions = artifact.manifest.versions if artifact.manifest else {}
    return ", ".join(f"{name} {version}" for name, version in versions.items())
