"""`coppice batch`: files in S3, answered by machines that are gone afterwards."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from deploy.cli import batch_report, context
from deploy.cli.console import emit, say, step
from deploy.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.aws.s3 import S3, S3Uri
    from deploy.aws.session import Session
    from deploy.batch.plan import Model
    from deploy.batch.transform import Transform
    from deploy.endpoint.settings import Settings


class Split(StrEnum):
    """How an object becomes requests."""

    line = "line"
    none = "none"


class Strategy(StrEnum):
    """How lines become requests."""

    multi = "multi"
    single = "single"


def batch(
    input_: Annotated[
        str | None, typer.Option("--input", "-i", help="The rows: s3://BUCKET/PREFIX, one object, or a file here.")
    ] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Where answers go: s3://BUCKET/PREFIX.")] = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Answer with this endpoint's model.")] = None,
    model: Annotated[str | None, typer.Option(help="Or with this archive: model.tar.gz or s3://….")] = None,
    image: Annotated[str | None, typer.Option(help="The image for --model: its address or tag.")] = None,
    role: Annotated[str | None, typer.Option(help="The role for --model: a name or an ARN.")] = None,
    env: Annotated[list[str] | None, typer.Option("--env", metavar="K=V", help="A variable for --model.")] = None,
    join: Annotated[bool, typer.Option("--join", help="Write each answer beside its row.")] = False,
    input_filter: Annotated[str | None, typer.Option(help="What the model sees: $[1:] leaves an id out.")] = None,
    output_filter: Annotated[str | None, typer.Option(help="What is kept of a joined row: $[0,-1].")] = None,
    content_type: Annotated[str | None, typer.Option(help="The rows' type; by default their name tells.")] = None,
    accept: Annotated[str | None, typer.Option(help="The answers' type; by default the rows'.")] = None,
    split: Annotated[Split | None, typer.Option(help="Cut files at line ends, or send each whole.")] = None,
    strategy: Annotated[Strategy | None, typer.Option(help="Many lines a request, or one; the container says.")] = None,
    max_payload: Annotated[int | None, typer.Option(help="MB a request, up to 100; the container says.")] = None,
    max_concurrent: Annotated[int | None, typer.Option(help="Requests at a time; the container says.")] = None,
    instance_type: Annotated[str, typer.Option(help="The machines.")] = "ml.m5.large",
    instances: Annotated[int, typer.Option(help="How many machines.")] = 1,
    job: Annotated[str | None, typer.Option("--job", help="Follow a job that was started before.")] = None,
    stop: Annotated[str | None, typer.Option("--stop", metavar="JOB", help="Stop a job.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the end.")] = True,
    bucket: Annotated[str | None, typer.Option(help="Where files from here go; by default SageMaker's bucket.")] = None,
    stage: context.Stage = None,
    config: context.Config = None,
    region: context.Region = None,
    profile: context.Profile = None,
    dry_run: context.DryRun = False,
    yes: context.Yes = False,
    as_json: context.AsJson = False,
) -> None:
    """Answer the rows of files in S3 with a batch transform job, and show where the answers are.

    Example: coppice batch --name houses --input s3://my-bucket/rows/ --output s3://my-bucket/answers/ --join
    """
    from deploy.aws.s3 import S3
    from deploy.batch import plan as planning
    from deploy.endpoint import settings as places

    flags = {"name": name, "model": model, "image": image, "role": role, "env": env, "bucket": bucket}
    settings = places.resolve({**flags, "region": region, "profile": profile}, context.environment(), config, stage)
    if job or stop:
        _revisit(settings, job, stop, bool(input_ or output), as_json)
        return
    rows_type = RowsType(content_type, split.value if split else None)
    others = {
        "accept": accept, "join": join, "input_filter": input_filter, "output_filter": output_filter,
        "strategy": strategy.value if strategy else None, "max_payload_mb": max_payload,
        "max_concurrent": max_concurrent, "instance_type": instance_type, "instances": instances,
    }  # fmt: skip
    asked = _asked(input_, output, rows_type, others)
    answering = _answering(settings, [key for key in ("model", "image", "role", "env") if flags[key]])

    session = context.session_of(settings)
    s3 = S3(session)
    into = settings.get("bucket") or s3.default_bucket
    rows = planning.find_rows(input_ or "", into, s3)
    asked = _typed(asked, rows.keys[0], rows_type)
    base = settings.get("name") or "coppice"
    plan = planning.make(asked, rows, _model(answering, settings, into, session, s3), base, s3.bucket_exists)
    batch_report.show(plan)
    if dry_run:
        say("nothing was done (--dry-run)")
        if as_json:
            emit({"dry_run": True, "job": plan.job, "model": plan.own_model, "request": plan.request})
        return
    context.confirm(f"Start {instances} x {instance_type}?", yes)
    runner = batch_report.runner(session)
    runner.prepare(plan, step)
    with step(f"start {plan.job}"):
        arn = runner.start(plan.request, plan.own_model)
    if wait:
        batch_report.follow(runner, plan.job, as_json, plan.objects)
    else:
        batch_report.started(plan, arn, as_json)


class RowsType(NamedTuple):
    """What people said of the rows; None where their name tells."""

    content_type: str | None
    split: Any


class Archived(NamedTuple):
    """An archive and an image that a model is to be made of."""

    place: Path | S3Uri
    image: str
    environment: dict[str, str]


def _asked(input_: str | None, output: str | None, rows_type: RowsType, others: dict[str, Any]) -> Transform:
    """What the flags say, checked before AWS is asked for anything."""
    from deploy.aws.s3 import S3Uri
    from deploy.batch.transform import Transform

    if not input_ or not output:
        raise UsageError(
            "--input and --output say where the rows are and where the answers go.",
            "As in: coppice batch --name houses --input s3://my-bucket/rows/ --output s3://my-bucket/answers/",
        )
    rows = S3Uri.parse(input_, "--input") if "://" in input_ else S3Uri("", input_)
    return _typed(Transform(rows, S3Uri.parse(output, "--output"), "", "none", **others), rows.key, rows_type)


def _typed(asked: Transform, key: str, rows_type: RowsType) -> Transform:
    from deploy.aws.transform import instance_types
    from deploy.batch.plan import typed
    from deploy.batch.transform import check

    asked = typed(asked, key, *rows_type)
    check(asked, instance_types())
    return asked


def _answering(settings: Settings, own: list[str]) -> str | Archived:
    """The endpoint whose model answers, or what a model is to be made of; `own` are the flags that ask for that."""
    from deploy.endpoint import limits
    from deploy.endpoint.build import model_place

    name: str | None = settings.get("name")
    if name is not None:
        limits.check_name(name)
    if name and own and settings.origin("name").startswith("--"):
        raise UsageError(f"--name takes the endpoint's model as it is; --{own[0]} asks for another.", "Leave one out.")
    if name and not own:
        return name
    place = model_place(settings.need("model", "Name an endpoint with --name, or an archive"))
    image = settings.need("image", "Name one; coppice push prints its address")
    environment = settings.get("env", {})
    limits.check_image(image)
    limits.check_environment(environment)
    return Archived(place, image, environment)


def _model(answering: str | Archived, settings: Settings, bucket: str, session: Session, s3: S3) -> Model:
    from deploy.aws.ecr import ECR
    from deploy.aws.iam import IAM
    from deploy.aws.sagemaker import SageMaker
    from deploy.batch import plan as planning
    from deploy.endpoint import artifact, image, role

    if isinstance(answering, str):
        return planning.model_of_endpoint(answering, SageMaker(session))
    archive = artifact.locate(answering.place, settings.get("name") or "batch", bucket, s3)
    found = image.resolve(answering.image, session, ECR(session), serverless=False)
    arn = role.resolve(settings.get("role"), IAM(session), session.account)
    return planning.model_from(archive, found.uri, arn, answering.environment)


def _revisit(settings: Settings, job: str | None, stop: str | None, more: bool, as_json: bool) -> None:
    if more or (job and stop):
        raise UsageError("--job and --stop are about a job that is there; nothing else goes with them.")
    runner = batch_report.runner(context.session_of(settings))
    if job:
        batch_report.follow(runner, job, as_json)
    elif stop:
        batch_report.stop(runner, stop, as_json)
