"""A model that adds up its columns: no scikit-learn, and answers that can be checked by eye."""

from __future__ import annotations

import numpy as np

from container.artifact.manifest import Feature, Schema
from container.inference.model import LoadedModel
from container.inference.pipeline import Pipeline
from container.inference.service import Service
from container.settings import Settings
from container.web.app import create_app


class Adds:
    """Predicts the sum of a row's numbers (and the length of its texts)."""

    def predict(self, rows):
        if rows.dtype != object:
            return rows.sum(axis=1)
        return np.array([float(sum(len(c) if isinstance(c, str) else c for c in row)) for row in rows])

    def predict_proba(self, rows):
        return [np.full((len(rows), 2), 0.5)]


def schema(*names: str, **dtypes: str) -> Schema:
    return Schema(tuple(Feature(name, dtypes.get(name, "float64")) for name in names))


def loaded(columns: Schema) -> LoadedModel:
    return LoadedModel(
        model=Adds(),
        engine="sklearn",
        task="regression",
        schema=columns,
        outputs=("sum",),
        classes=None,
        has_probabilities=False,
    )


def client(columns: Schema, **settings):
    """Flask's test client over a ready service with the adding model in it."""
    service = Service(cores=2, timeout=5)
    service.load(lambda: Pipeline(loaded(columns)))
    return create_app(service, Settings(**settings), cores=2).test_client()
