"""The one composition root: who is built from what."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from container import logs, resources
from container.artifact.store import open_model
from container.inference.model import load
from container.inference.pipeline import Pipeline
from container.inference.service import Service
from container.settings import Settings
from container.web.app import create_app


def compose(settings: Settings) -> tuple[Service, Flask]:
    """A service without a model yet, and the application that answers for it."""
    cores = resources.cpus()
    per_worker = max(1, cores // settings.workers)
    service = Service(per_worker, settings.timeout)
    return service, create_app(service, settings, cores)


def load_pipeline(path: Path, settings: Settings) -> Pipeline:
    """Open, check and load the model at `path`; raises ArtifactError and SettingsError."""
    with open_model(path) as artifact:
        loaded = load(artifact)
    logs.event(
        "model loaded",
        model_id=loaded.model_id or None,
        engine=loaded.engine,
        task=loaded.task,
        features=len(loaded.schema.features),
        batch=settings.batch,
    )
    return Pipeline(loaded, settings.default_accept, settings.inference_output)
