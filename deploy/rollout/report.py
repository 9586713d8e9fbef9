"""What people and programs read: the plan before, the outcome after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploy.endpoint import console
from deploy.endpoint.log_lines import group_of
from deploy.rollout.current import Current
from deploy.rollout.execute import Outcome
from deploy.rollout.plan import Plan
from deploy.rollout.steps import Step


def plan_lines(plan: Plan) -> list[str]:
    """The plan for people: what is made (+), changed (~), removed (-) and kept (=)."""
    lines = [f"  {step.verb} {step.title}" for step in plan.steps]
    lines += [f"  = keep {thing}" for thing in plan.kept]
    return [*lines, *plan.notes, *plan.cost]


def plan_document(plan: Plan, outcomes: Sequence[Outcome] = ()) -> dict[str, Any]:
    """The plan for programs, with what came of the steps that were taken."""
    results = {outcome.step.title: outcome.result for outcome in outcomes}
    return {
        "endpoint": plan.endpoint,
        "changed": bool(outcomes),
        "steps": [_step(step, results) for step in plan.steps],
        "kept": list(plan.kept),
        "notes": [note.removeprefix("note: ") for note in plan.notes],
        "later": list(plan.later),
        "cost": [line.removeprefix("cost: ") for line in plan.cost],
    }


def _step(step: Step, results: dict[str, str | None]) -> dict[str, Any]:
    return {"step": step.kind, "title": step.title, "done": step.title in results, "result": results.get(step.title)}


def endpoint_document(current: Current) -> dict[str, Any]:
    """What runs, for programs."""
    serverless = current.serverless or {}
    return {
        "arn": current.arn,
        "status": current.status or None,
        "config": current.deployment.config or None,
        "memory_mb": serverless.get("MemorySizeInMB"),
        "max_concurrency": serverless.get("MaxConcurrency"),
        "provisioned_concurrency": serverless.get("ProvisionedConcurrency"),
        "instance_type": current.configured.get("InstanceType"),
        "instances": current.variant.get("CurrentInstanceCount"),
    }


def endpoint_lines(current: Current, hosting: str) -> list[str]:
    """Where to look and what to type next."""
    name = current.name
    return [
        f"{name} is {current.status}: {hosting}",
        f"  console  {console.of_endpoint(current.arn, name)}",
        f"  log      {console.of_group(current.arn, group_of(name))}",
        f"  call     coppice invoke {name} -f payload.csv",
        f"  remove   coppice delete {name}",
    ]
