"""The steps from what is to what should be. Pure: everything it needs to know was read before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.aws import tags
from deploy.aws.autoscaling import Scaling
from deploy.endpoint.deployment import Deployment
from deploy.endpoint.names import VARIANT
from deploy.endpoint.spec import Instances, Serverless
from deploy.errors import Busy, NotSupported, UsageError
from deploy.rollout import steps
from deploy.rollout.current import DELETING, FAILED, Current
from deploy.rollout.desired import Desired
from deploy.rollout.steps import AWAIT, UPDATE, Made, Step
from deploy.rollout.wait import await_gone, await_service, check_example

_SCRIPT_VARIABLES: Final = ("SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY")
_OUTPUT_VARIABLE: Final = "SAGEMAKER_INFERENCE_OUTPUT"


@dataclass(frozen=True)
class There:
    """Which of the desired things are there already."""

    bucket: bool
    model: bool
    config: bool


@dataclass(frozen=True)
class Plan:
    """What will be done, in order; what stays as it is; and what people should know first.

    `later` is what a plan that doesn't wait leaves to the next run; `cost` are lines about what it will cost.
    """

    endpoint: str
    steps: tuple[Step, ...]
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    cost: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps)


def plan(desired: Desired, current: Current, there: There, wait: bool = True, resumed: bool = False) -> Plan:
    """The plan; raises UsageError and NotSupported for what can't be done to this endpoint, Busy while it is deleted.

    `resumed`: an earlier run ended before it had looked at the endpoint's answers.
    """
    _refuse(desired, current)
    notes = [f"note: {desired.source.image.warning}"] if desired.source.image.warning else []
    notes += [f"WARNING: {warning}" for warning in getattr(desired.source.archive.manifest, "warnings", ())]
    kept: list[str] = []
    if not current.exists or current.status == FAILED:
        made, moved = _prepare(desired, there), _create(desired, current)
        wanted = _deployment(desired, desired.config_name)
    else:
        moved, wanted = _move(desired, current, notes)
        new = any(step.kind == UPDATE for step in moved)
        made = _prepare(desired, there) if new else []  # else what runs is what was asked for, under whatever name
        kept.append(
            f"the address: {desired.endpoint} answers all the while" if moved else f"endpoint {desired.endpoint}"
        )
    before, after = _scale(desired, current, updating=any(step.kind == UPDATE for step in moved))
    tagged = _tag(desired, current, wanted)
    checked = _check(desired, notes) if moved or resumed else []
    if not wait and moved:
        moved = [step for step in moved if step.kind != AWAIT]
        later = tuple(step.title for step in (*after, *tagged, *checked))
        return Plan(desired.endpoint, (*made, *before, *moved), tuple(kept), tuple(notes), later)
    return Plan(desired.endpoint, (*made, *before, *moved, *after, *tagged, *checked), tuple(kept), tuple(notes))


def _refuse(desired: Desired, current: Current) -> None:
    if not current.exists:
        return
    if not current.ours:
        raise UsageError(
            f"There is an endpoint {desired.endpoint} that Coppice didn't make, so it isn't touched.",
            "Choose another name: --name",
        )
    if current.status == DELETING:
        raise Busy(f"{desired.endpoint} is being deleted.", "Run the same command again when it is gone.")
    if current.status != FAILED and current.serverless is None and isinstance(desired.hosting, Serverless):
        raise NotSupported(
            f"{desired.endpoint} runs on instances; SageMaker doesn't turn such an endpoint into a serverless one.",
            f"Deploy it under another name, move its callers, then: coppice delete {desired.endpoint}",
        )


def _prepare(desired: Desired, there: There) -> list[Step]:
    archive, prepared = desired.source.archive, []
    if archive.file is not None:
        if not there.bucket:
            prepared.append(steps.create_bucket(archive.uri.bucket))
        ours = {key: value for key, value in desired.tags.items() if key.startswith(tags.PREFIX)}
        prepared.append(steps.upload(archive.file, archive, ours))
    if not there.model:
        prepared.append(steps.create_model(desired.model))
    if not there.config:
        prepared.append(steps.create_config(desired.config, str(desired.hosting)))
    return prepared


def _create(desired: Desired, current: Current) -> list[Step]:
    name, labels = desired.endpoint, {**desired.tags, tags.CONFIG: _deployment(desired, desired.config_name).to_tag()}
    created = [steps.create_endpoint(name, desired.config_name, labels), await_service(name, desired.config_name)]
    if current.status == FAILED:  # nothing but deletion can be done to it
        return [steps.delete(Made("endpoint", name)), await_gone(name), *created]
    return created


def _move(desired: Desired, current: Current, notes: list[str]) -> tuple[list[Step], Deployment]:
    """From what runs to what should run, and the deployment that is in force then."""
    name, runs = desired.endpoint, current.deployment
    if runs.config != desired.config_name and not _same_but_for_capacity(desired, current):
        if isinstance(desired.hosting, Instances) and current.serverless is not None:
            notes.append("note: from serverless to instances there is no way back under the same name")
        update = [
            steps.update_endpoint(name, desired.config_name),
            await_service(name, desired.config_name, updating=True),
        ]
        return update, _deployment(desired, desired.config_name)
    capacity = _capacity(desired, current)
    if capacity is None:
        return [], runs
    return [capacity, await_service(name, runs.config, updating=True)], _deployment(desired, runs.config)


def _deployment(desired: Desired, config: str) -> Deployment:
    hosting = desired.hosting
    if isinstance(hosting, Instances):
        return Deployment(config)
    return Deployment(config, hosting.max_concurrency, hosting.provisioned.minimum if hosting.provisioned else None)


def _same_but_for_capacity(desired: Desired, current: Current) -> bool:
    asked, runs = desired.config["ProductionVariants"][0], current.configured
    asked_serverless, runs_serverless = asked.get("ServerlessConfig", {}), runs.get("ServerlessConfig", {})
    return (
        runs.get("ModelName") == asked["ModelName"]
        and runs.get("VariantName") == VARIANT
        and runs.get("InstanceType") == asked.get("InstanceType")
        and runs_serverless.get("MemorySizeInMB") == asked_serverless.get("MemorySizeInMB")
        # Provisioned concurrency comes and goes with a configuration; only its number can be changed in one.
        and ("ProvisionedConcurrency" in asked_serverless) == ("ProvisionedConcurrency" in (current.serverless or {}))
        and _async_output(current.config) == _async_output(desired.config)
    )


def _async_output(config: Mapping[str, Any]) -> Any:
    return config.get("AsyncInferenceConfig", {}).get("OutputConfig", {}).get("S3OutputPath")


def _capacity(desired: Desired, current: Current) -> Step | None:
    hosting, runs = desired.hosting, current.serverless
    if isinstance(hosting, Instances):
        count = current.variant.get("DesiredInstanceCount", current.configured.get("InitialInstanceCount"))
        if desired.scaling or count == hosting.count.minimum:
            return None
        change = f"instances {count} → {hosting.count.minimum}"
        return steps.update_capacity(
            desired.endpoint, {"VariantName": VARIANT, "DesiredInstanceCount": hosting.count.minimum}, change
        )
    assert runs is not None  # noqa: S101 - an endpoint on instances was refused
    return serverless_capacity(
        desired.endpoint, runs, _deployment(desired, current.deployment.config), bool(desired.scaling)
    )


def serverless_capacity(
    endpoint: str, runs: Mapping[str, Any], wanted: Deployment, scaled: bool = False
) -> Step | None:
    """The step to another concurrency; None where it is in force. `scaled`: autoscaling sees to what is provisioned."""
    changes, request = [], {"MaxConcurrency": wanted.max_concurrency}
    if runs.get("MaxConcurrency") != wanted.max_concurrency:
        changes.append(f"max concurrency {runs.get('MaxConcurrency')} → {wanted.max_concurrency}")
    if wanted.provisioned is not None:
        request["ProvisionedConcurrency"] = wanted.provisioned
        if not scaled and runs.get("ProvisionedConcurrency") != wanted.provisioned:
            changes.append(f"provisioned concurrency {runs.get('ProvisionedConcurrency', 0)} → {wanted.provisioned}")
    if not changes:
        return None
    return steps.update_capacity(
        endpoint, {"VariantName": VARIANT, "ServerlessUpdateConfig": request}, ", ".join(changes)
    )


def _scale(desired: Desired, current: Current, updating: bool) -> tuple[list[Step], list[Step]]:
    """What to take away before the endpoint changes, and what to set afterwards.

    SageMaker refuses to change the instance type of a variant that is being scaled, so an update takes scaling away.
    """
    wanted: Scaling | None = desired.scaling
    gone = [old for old in current.scaling if updating or wanted is None or old.dimension != wanted.dimension]
    before: list[Step] = [steps.remove_scaling(desired.endpoint, old.dimension) for old in gone]
    if wanted is None or (wanted in current.scaling and wanted not in gone):
        return before, []
    return before, [steps.set_scaling(desired.endpoint, wanted)]


def _tag(desired: Desired, current: Current, wanted: Deployment) -> list[Step]:
    """Record what runs and what ran before. A new endpoint carries its tags from the start."""
    if not current.exists or current.status == FAILED:
        return []
    labels = dict(desired.tags)
    recorded = current.tags.get(tags.CONFIG)
    before = Deployment.from_tag(recorded) if recorded else current.deployment
    differs = wanted != before
    stale = tuple(key for key in current.tags if key not in labels and removable(key))
    labels.pop(tags.VERSION)  # a newer Coppice alone is no change
    changed = any(current.tags.get(key) != value for key, value in labels.items()) or bool(stale)
    if not differs and not changed:
        return []
    previous = before if differs else None
    return [steps.retag(desired.endpoint, desired.tags, stale, wanted, previous)]


def removable(tag: str) -> bool:
    """AWS's tags can't go, and these two of ours are about the endpoint, not about what it serves."""
    return not tag.startswith("aws:") and tag not in (tags.CONFIG, tags.PREVIOUS)


def _check(desired: Desired, notes: list[str]) -> list[Step]:
    manifest = desired.source.archive.manifest
    environment = desired.model["PrimaryContainer"]["Environment"]
    if (manifest and manifest.script) or any(variable in environment for variable in _SCRIPT_VARIABLES):
        notes.append("note: a script answers, so only it knows what to ask; try it: coppice invoke")
        return []
    if manifest is None or manifest.example is None:
        notes.append("note: the archive has no example, so the endpoint's answers won't be checked")
        return []
    if isinstance(desired.hosting, Instances) and desired.hosting.async_output:
        notes.append("note: an asynchronous endpoint's answers aren't checked; try it: coppice invoke")
        return []
    if _OUTPUT_VARIABLE in environment:
        notes.append(f"note: {_OUTPUT_VARIABLE} changes the answers' form, so they won't be checked")
        return []
    return [check_example(desired.endpoint, manifest, manifest.example)]
