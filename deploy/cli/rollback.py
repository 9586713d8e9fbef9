"""`coppice rollback`: back to what served before."""

from __future__ import annotations

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, DryRun, Name, Profile, Region, Yes, confirm, session


def rollback(
    name: Name,
    dry_run: DryRun = False,
    yes: Yes = False,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Return an endpoint to what it served before, without downtime. Twice returns to where you were.

    Example: coppice rollback houses
    """
    from deploy.cli.rollouts import rollouts, show
    from deploy.endpoint.limits import check_name
    from deploy.rollout.rollback import plan, target_of

    check_name(name, "NAME")
    work = rollouts(session(region, profile), name)
    current = work.current()
    target = target_of(current)
    config = work.hands.sagemaker.config(target.config)
    labels = work.hands.sagemaker.tags(config["EndpointConfigArn"]) if config else {}
    planned = plan(current, target, config, labels)
    show(planned, f"{name} in {work.session.region}: back from {current.deployment} to {target}")
    if dry_run:
        say("nothing was done (--dry-run)")
        if as_json:
            emit(work.document(planned, dry_run=True))
        return
    confirm("Go back?", yes)
    outcomes = work.carry_out(planned.steps, "rollback")
    say(f"{name} serves {target} again")
    if as_json:
        emit(work.document(planned, outcomes))
