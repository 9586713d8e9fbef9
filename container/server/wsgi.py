"""The one composition root: who is built from what."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from pathlib import Path

from flask import Flask

from container import logs, resources
from container.artifact.store import CODE_DIR, Artifact, open_model
from container.inference.model import load
from container.inference.pipeline import Answering, Pipeline
from container.inference.service import Service
from container.settings import Settings
from container.web.app import create_app


def compose(settings: Settings) -> tuple[Service, Flask]:
    """A service without a model yet, and the application that answers for it."""
    cores = resources.cpus()
    per_worker = max(1, cores // settings.workers)
    service = Service(per_worker, settings.timeout)
    return service, create_app(service, settings, cores)


def load_pipeline(path: Path, settings: Settings) -> Answering:
    """Open, check and load the model at `path`, and the script that goes with it.

    Raises ArtifactError and SettingsError.
    """
    with ExitStack() as stack:
        named = bool(settings.program or settings.submit_directory)
        artifact = stack.enter_context(open_model(path, scripted=named))
        scripted = _with_script(artifact, settings, stack) if named or _has_code(artifact, path) else None
        pipeline = scripted or Pipeline(load(artifact), settings.default_accept, settings.inference_output)
    loaded = pipeline.loaded
    logs.event(
        "model loaded",
        model_id=loaded.model_id or None,
        engine=loaded.engine,
        task=loaded.task,
        features=len(loaded.schema.features),
        batch=settings.batch,
        script=loaded.hooks or None,
    )
    return pipeline


def _has_code(artifact: Artifact, path: Path) -> bool:
    if path.name == artifact.model_file:  # beside a lone file, code/ may be anybody's
        return False
    return (artifact.directory / CODE_DIR).is_dir()


def _with_script(artifact: Artifact, settings: Settings, stack: ExitStack) -> Answering | None:
    """The pipeline through the model's script; None where its code only helps the model, and is importable now."""
    from container.inference.script.load import load as load_script
    from container.inference.script.module import add_to_path
    from container.inference.script.source import find_script

    script = find_script(artifact, settings, stack)
    if script is None:
        return None
    # What was unpacked for it, a script may read as long as it runs.
    atexit.register(stack.pop_all().close)
    if script.program:
        return load_script(artifact, script, settings)
    add_to_path(script)
    return None
