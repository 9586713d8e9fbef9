"""The forest engine: maps the compiled forest (its files' hashes were checked) and lets the kernel answer.

Nothing is unpickled, and neither scikit-learn, SciPy, pandas nor joblib is imported on this path.
"""

from __future__ import annotations

import numpy as np

from container import logs, resources
from container.artifact.store import FOREST_DIR, Artifact
from container.codecs.rows import Array
from container.errors import IntegrityError
from container.forest import layout
from container.forest.model import ForestModel, RowsRejected
from container.inference.model import LoadedModel, RowRejected


class CompiledModel:
    """A ForestModel in the pipeline's terms."""

    def __init__(self, forest: ForestModel) -> None:
        self.forest = forest

    def predict(self, rows: Array) -> Array:
        """See Model."""
        try:
            return self.forest.predict(as_numbers(rows))
        except RowsRejected as error:
            raise RowRejected(error.row, error.column, error.reason) from None

    def predict_proba(self, rows: Array) -> list[Array]:
        """See Model."""
        try:
            found = self.forest.predict_proba(as_numbers(rows))
        except RowsRejected as error:
            raise RowRejected(error.row, error.column, error.reason) from None
        return list(found) if isinstance(found, list) else [found]


def as_numbers(rows: Array) -> Array:
    """Rows with truth values come as objects; to a forest they are 0, 1 and NaN."""
    return rows.astype(np.float64) if rows.dtype == object else rows


def load(artifact: Artifact) -> LoadedModel:
    """Map and check the forest, and describe it; raises ArtifactError."""
    manifest = artifact.manifest
    if manifest is None:
        raise IntegrityError("A compiled forest without a manifest can't be checked.", "Pack the model again.")
    for name in manifest.files:
        if name.startswith(FOREST_DIR + "/"):
            artifact.verify(name)
    forest = ForestModel(layout.read(artifact.directory / FOREST_DIR), threads=resources.cpus())
    if forest.n_features != len(manifest.features):
        raise IntegrityError(
            f"The forest takes {forest.n_features} columns, its manifest lists {len(manifest.features)}.",
            "Pack the model again.",
        )
    logs.event("forest mapped", kernel=forest.kernel, why=forest.kernel_note or None)
    return LoadedModel(
        model=CompiledModel(forest),
        engine="forest",
        task=manifest.task,
        schema=manifest.schema,
        outputs=manifest.outputs,
        classes=manifest.classes,
        has_probabilities=forest.classes is not None,
        model_id=manifest.model_id,
        example=manifest.example,
        estimator=forest.forest.estimator,
        importances=manifest.importances,
        versions=manifest.versions,
    )
