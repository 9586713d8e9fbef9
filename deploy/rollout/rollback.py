"""The steps back to what served before. Rolling back twice returns to where one was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.aws import tags
from deploy.aws.sagemaker import CHANGING
from deploy.endpoint.deployment import Deployment
from deploy.endpoint.names import VARIANT
from deploy.errors import Busy, DeployError, NotSupported, UsageError
from deploy.rollout import steps
from deploy.rollout.current import Current
from deploy.rollout.plan import Plan, removable, serverless_capacity
from deploy.rollout.wait import await_service


def plan(current: Current, target: Deployment, config: Mapping[str, Any] | None, labels: Mapping[str, str]) -> Plan:
    """The plan back to `target`, whose configuration is described by `config` and tagged with `labels`.

    Raises UsageError, NotSupported, Busy and DeployError for what can't be undone.
    """
    name = current.name
    if config is None:
        raise DeployError(
            f"The configuration that served before, {target.config}, was deleted.", "Deploy it again: coppice deploy"
        )
    before = config["ProductionVariants"][0]
    was_serverless = before.get("ServerlessConfig")
    if was_serverless and current.serverless is None:
        raise NotSupported(
            f"{name} served from a serverless configuration before; SageMaker doesn't turn instances back into that.",
            "Deploy the serverless endpoint under another name.",
        )
    moved = []
    in_force = current.serverless
    if target.config != current.deployment.config:
        changed_type = before.get("InstanceType") != current.configured.get("InstanceType")
        if changed_type:
            moved += [steps.remove_scaling(name, scaling.dimension) for scaling in current.scaling]
        moved += [steps.update_endpoint(name, target.config), await_service(name, target.config, updating=True)]
        in_force = was_serverless
    if in_force is not None and target.max_concurrency is not None:
        capacity = serverless_capacity(name, in_force, target)
        if capacity:
            moved += [capacity, await_service(name, target.config, updating=True)]
    if not moved:
        raise DeployError(f"{name} runs what served before already.")
    ours = {key: value for key, value in labels.items() if key.startswith(tags.PREFIX)}
    stale = tuple(key for key in current.tags if key.startswith(tags.PREFIX) and key not in ours and removable(key))
    tagged = steps.retag(name, ours, stale, target, current.deployment)
    kept = (f"the address: {name} answers all the while", f"configuration {current.deployment.config}, to return to")
    return Plan(name, (*moved, tagged), kept)


def target_of(current: Current) -> Deployment:
    """What served before; raises UsageError, Busy and DeployError where there is no going back."""
    name = current.name
    if not current.exists:
        raise DeployError(f"There is no endpoint {name}.", "See which there are: coppice status")
    if not current.ours or current.configured.get("VariantName") != VARIANT:
        raise UsageError(f"Coppice didn't make the endpoint {name}, so it doesn't know what served before.")
    if current.status in CHANGING:
        raise Busy(f"{name} is {current.status}.", f"Wait until that has ended: coppice status {name}")
    if current.previous is None:
        raise DeployError(f"{name} has served nothing else before.", "Change it: coppice deploy")
    return current.previous
