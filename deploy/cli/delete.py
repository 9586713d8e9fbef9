"""`coppice delete`: what Coppice made for an endpoint, removed."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, DryRun, Name, Profile, Region, Yes, confirm, environment, session_of


def delete(
    name: Name,
    everything: Annotated[bool, typer.Option("--all", help="Its archives in S3 and images in ECR as well.")] = False,
    bucket: Annotated[
        str | None, typer.Option(help="Where its archives are; sagemaker-REGION-ACCOUNT by default.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Delete an endpoint with its configurations, models and autoscaling; say what is kept.

    Example: coppice delete houses
    """
    from deploy.aws.model_registry import ModelRegistry
    from deploy.cli.rollouts import rollouts, show
    from deploy.endpoint.limits import check_name
    from deploy.endpoint.log_lines import group_of
    from deploy.endpoint.package import archives_of
    from deploy.endpoint.settings import resolve
    from deploy.rollout.deletion import find, plan, spare

    check_name(name, "NAME")
    settings = resolve({"bucket": bucket, "region": region, "profile": profile}, environment(), None)
    work = rollouts(session_of(settings), name)
    current = work.current()
    s3 = work.hands.s3
    owned = find(current, work.record, settings.get("bucket") or s3.default_bucket, work.hands.sagemaker, s3)
    if everything:
        registered = archives_of(ModelRegistry(work.session), name)  # a group of that name has its archives there, too
        owned = spare(owned, registered, work.hands.sagemaker)
    planned = plan(current, owned, work.record, everything)
    if not planned.changes:
        work.record.forget()
        say(f"nothing to delete: there is no endpoint, configuration or model of {name}")
        _say_kept(planned.kept)
        if as_json:
            emit(work.document(planned, dry_run=dry_run))
        return
    show(planned, f"{name} in {work.session.region}, account {work.session.account}:")
    if dry_run:
        say("nothing was done (--dry-run)")
        if as_json:
            emit(work.document(planned, dry_run=True))
        return
    confirm("Delete all this?", yes)
    outcomes = work.carry_out(planned.steps, "delete")
    work.record.forget()
    say(f"{name} is deleted")
    _say_kept((*planned.kept, f"its log, {group_of(name)}"))
    if as_json:
        emit(work.document(planned, outcomes))


def _say_kept(kept: tuple[str, ...]) -> None:
    for thing in kept:
        say(f"  kept: {thing}")
