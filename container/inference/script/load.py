"""From a script and its model to a pipeline: imports the script, resolves its hooks, loads the model as they say."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from container.artifact.manifest import Manifest, Schema
from container.artifact.store import MODEL_FILE, Artifact
from container.errors import ArtifactError, NotAnEstimator, ScriptError, SettingsError
from container.inference import model as engines
from container.inference.model import LoadedModel
from container.inference.pipeline import Pipeline
from container.inference.script import failures
from container.inference.script.context import Context
from container.inference.script.hooks import ARGUMENTS, Call, Hooks, resolve
from container.inference.script.module import import_script
from container.inference.script.pipeline import Ready, ScriptPipeline
from container.inference.script.source import Script
from container.settings import Settings


def load(artifact: Artifact, script: Script, settings: Settings) -> ScriptPipeline:
    """The pipeline through `script`; raises ScriptError, MissingLibrary and what loading the model raises."""
    for name in artifact.manifest.files if artifact.manifest else ():
        artifact.verify(name)  # all of them: a script may open any, and nobody sees which
    hooks = resolve(import_script(script))
    if not hooks.names:
        raise ScriptError(
            f"{script.program} has none of {', '.join(ARGUMENTS)}.", "Define at least one, or leave it out."
        )
    _check_outputs(hooks, settings)

    def run(name: str, hook: Call, *values: Any) -> Any:
        try:
            return hook(*values, Context(str(artifact.directory)))
        except BaseException as error:
            if failures.is_the_servers(error):
                raise
            raise failures.at_start(name, error, script.folder) from None

    if hooks.pre_model_fn:
        run("pre_model_fn", hooks.pre_model_fn, str(artifact.directory))
    if hooks.model_fn:
        model = run("model_fn", hooks.model_fn, str(artifact.directory))
        ready = _of_script(model, artifact, hooks, settings)
    else:
        ready = _of_artifact(artifact, hooks, settings)
    if hooks.model_warmup_fn:
        run("model_warmup_fn", hooks.model_warmup_fn, str(artifact.directory), ready.model)
    loaded = ready.loaded._replace(hooks=hooks.names)
    return ScriptPipeline(hooks, script.folder, artifact.directory, ready._replace(loaded=loaded), settings)


def _check_outputs(hooks: Hooks, settings: Settings) -> None:
    asked = ",".join(settings.inference_output)
    answering = [name for name in ("predict_fn", "output_fn", "transform_fn") if name in hooks.names]
    if asked and answering:
        raise SettingsError(
            f"SAGEMAKER_INFERENCE_OUTPUT asks for {asked}, but the script's {answering[0]} says what is answered.",
            "Unset the variable, and let the script answer what is wanted.",
        )


def _of_script(model: Any, artifact: Artifact, hooks: Hooks, settings: Settings) -> Ready:
    """What model_fn returned; where there is no predict_fn, it must be able to predict."""
    from container.inference import sklearn_model

    if model is None:
        raise ScriptError("The script's model_fn returned nothing (None).", "Return the model.")
    described = _describe(model, artifact)
    if hooks.predict_fn or hooks.transform_fn:
        sklearn_model.use_one_core(model)
        return _asked_by_script(model, described, artifact)
    if not hasattr(model, "predict"):
        raise ScriptError(
            f"The script's model_fn returned {type(model).__name__}, which has no predict method, and the script has "
            "no predict_fn.",
            "Write predict_fn(data, model), or return something with a predict method.",
        )
    if described is None:
        return Ready(model, _unknown(model, artifact))
    loaded = sklearn_model.adopt(model, described)
    return Ready(model, loaded, Pipeline(loaded, settings.default_accept, settings.inference_output))


def _of_artifact(artifact: Artifact, hooks: Hooks, settings: Settings) -> Ready:
    """The artifact's own model: as the estimator it is where the script asks it, else on its engine."""
    if not (hooks.predict_fn or hooks.transform_fn):
        try:
            loaded = engines.load(artifact)
        except NotAnEstimator:
            if not hooks.input_fn:
                raise
            return _of_script(_estimator(artifact), artifact, hooks, settings)
        return Ready(loaded.model, loaded, Pipeline(loaded, settings.default_accept, settings.inference_output))
    manifest = artifact.manifest
    if manifest is not None and MODEL_FILE not in manifest.files:
        raise ScriptError(
            f"The script's {'predict_fn' if hooks.predict_fn else 'transform_fn'} asks the estimator, which isn't in "
            "this model: it was packed with --no-source.",
            "Pack it without --no-source, or write a model_fn.",
        )
    estimator = _estimator(artifact)
    return _asked_by_script(estimator, _describe(estimator, artifact), artifact)


def _estimator(artifact: Artifact) -> Any:
    from container.inference import sklearn_model
    from container.inference.unpickle import read_estimator

    estimator, _ = read_estimator(artifact)
    sklearn_model.use_one_core(estimator)
    return estimator


def _asked_by_script(model: Any, described: Manifest | None, artifact: Artifact) -> Ready:
    if described is None:
        return Ready(model, _unknown(model, artifact))
    from container.inference import sklearn_model

    if artifact.manifest is None and described.input == "frame" and _takes_arrays(model, described.schema):
        described = described._replace(input="array")  # as pack finds out, and as AWS's container reads bodies
    loaded = sklearn_model.adopt(model, described)
    if described.input != "frame":
        return Ready(model, loaded)
    return Ready(model, loaded, to_input=lambda rows: sklearn_model.frame(rows, described.schema))


def _takes_arrays(model: Any, schema: Schema) -> bool:
    """Whether a model that was fitted with named columns does without the names."""
    if not schema.numeric:
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            model.predict(np.zeros((1, len(schema.features))))
    except Exception:  # noqa: BLE001 - a user's model may raise anything
        return False
    return True


def _describe(model: Any, artifact: Artifact) -> Manifest | None:
    """What is known of the model's columns: by its manifest, or by itself."""
    from container.inference import sklearn_model

    if artifact.manifest is not None and artifact.manifest.features:
        return artifact.manifest
    try:
        return sklearn_model.describe(model)
    except ArtifactError:
        return None


def _unknown(model: Any, artifact: Artifact) -> LoadedModel:
    return LoadedModel(
        model=model,
        engine="script",
        task="other",
        schema=Schema(()),
        outputs=(),
        classes=None,
        has_probabilities=False,
        model_id=artifact.manifest.model_id if artifact.manifest else "",
        versions=artifact.manifest.versions if artifact.manifest else {},
    )
