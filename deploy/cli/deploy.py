"""`coppice deploy`: from an archive and an image to an endpoint in service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Config, DryRun, Profile, Region, Stage, Yes, confirm, environment, session_of

if TYPE_CHECKING:
    from deploy.cli.rollouts import Rollouts
    from deploy.rollout.plan import Plan


def deploy(
    name: Annotated[str | None, typer.Option("--name", "-n", help="The endpoint's name.")] = None,
    model: Annotated[str | None, typer.Option(help="An archive here or in S3: model.tar.gz or s3://…")] = None,
    image: Annotated[str | None, typer.Option(help="An image in ECR: its address by digest or tag, or a tag.")] = None,
    from_registry: Annotated[
        str | None,
        typer.Option(metavar="GROUP[:VERSION]", help="A registered model and its image, the latest approved."),
    ] = None,
    memory: Annotated[str | None, typer.Option(help="1024, 2048, … 6144 MB; 2048 by default.")] = None,
    max_concurrency: Annotated[
        str | None, typer.Option(help="How many calls at a time, 1 to 200; 5 by default.")
    ] = None,
    provisioned: Annotated[
        str | None, typer.Option(metavar="N[..MAX]", help="How many of these are kept warm.")
    ] = None,
    instance_type: Annotated[str | None, typer.Option(help="On instances rather than serverless: ml.m5.large.")] = None,
    instances: Annotated[
        str | None, typer.Option(metavar="MIN[..MAX]", help="How many instances; 1 by default.")
    ] = None,
    async_output: Annotated[
        str | None, typer.Option("--async", metavar="S3-ADDRESS", help="Answer asynchronously, into S3 (on instances).")
    ] = None,
    scale_at: Annotated[
        str | None,
        typer.Option(
            help="What autoscaling holds: calls per instance and minute (1000), share in use (0.7), backlog (5)."
        ),
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="The execution role's name or ARN; coppice-execution by default.")
    ] = None,
    bucket: Annotated[str | None, typer.Option(help="Where archives go; sagemaker-REGION-ACCOUNT by default.")] = None,
    env: Annotated[list[str] | None, typer.Option(metavar="K=V", help="A variable for the container.")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="K=V", help="A tag for all that is made.")] = None,
    subnet: Annotated[list[str] | None, typer.Option(metavar="ID", help="A VPC's subnet (on instances).")] = None,
    security_group: Annotated[list[str] | None, typer.Option(metavar="ID", help="A security group of the VPC.")] = None,
    stage: Stage = None,
    config: Config = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is in service, and check its answer.")] = True,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Deploy a model: show the plan, ask, carry it out, check the answer. Run again, it changes what differs.

    Example: coppice deploy --name houses --model model.tar.gz --image v1 --memory 2048 --max-concurrency 5
    """
    from deploy.aws.sagemaker import CHANGING, instance_types
    from deploy.endpoint.build import build
    from deploy.endpoint.settings import resolve

    flags = {
        "name": name, "model": model, "image": image, "from-registry": from_registry, "memory": memory,
        "max-concurrency": max_concurrency, "provisioned": provisioned, "instance-type": instance_type,
        "instances": instances, "async": async_output, "scale-at": scale_at, "role": role, "bucket": bucket,
        "env": env, "tags": tag, "subnets": subnet, "security-groups": security_group, "region": region,
        "profile": profile,
    }  # fmt: skip
    settings = resolve(flags, environment(), config, stage)
    spec = build(settings, instance_types)

    from deploy.cli.rollouts import rollouts, show
    from deploy.cost.prices import read as read_prices
    from deploy.cost.report import plan_lines
    from deploy.rollout.desired import desired
    from deploy.rollout.find import Finder
    from deploy.rollout.plan import plan
    from deploy.rollout.report import endpoint_lines
    from deploy.rollout.steps import Made
    from deploy.rollout.wait import await_settled

    work = rollouts(session_of(settings), spec.name)
    finder = Finder(work.session, work.hands.sagemaker, work.hands.s3, work.hands.ecr)
    wanted = desired(spec, finder.source(spec))
    resumed = work.record.unfinished == "deploy"
    if resumed:
        say(f"an earlier deployment of {spec.name} didn't come to its end; going on from there")
    current = work.current()
    if current.status in CHANGING and wait and not dry_run:
        work.carry_out([await_settled(spec.name)], "deploy")
        current = work.current()
    planned = plan(wanted, current, finder.there(wanted), wait, resumed)
    planned = replace(planned, cost=tuple(plan_lines(spec.hosting, read_prices(work.session.region))))
    if planned.changes:
        show(planned, f"{spec.name} in {work.session.region}, account {work.session.account}: {spec.hosting}")
    else:
        say(f"nothing to change: {spec.name} is {current.status} and as asked for ({spec.hosting})")
    if dry_run or not planned.changes:
        _end(work, planned, dry_run, as_json)
        return
    confirm("Go ahead?", yes)
    outcomes = work.carry_out(planned.steps, "deploy", [Made("image", wanted.source.image.uri)])
    if planned.later:
        work.record.begin("deploy")  # the next run is to come to these
        say("not waited for; run the same command again to come to: " + ", ".join(planned.later))
    for line in endpoint_lines(work.current(), str(spec.hosting)):
        say(line)
    if as_json:
        emit(work.document(planned, outcomes))


def _end(work: Rollouts, planned: Plan, dry_run: bool, as_json: bool) -> None:
    """Where nothing is to be done."""
    if dry_run:
        say("nothing was done (--dry-run)")
    else:
        work.record.finish()
    if as_json:
        emit(work.document(planned, dry_run=dry_run))
