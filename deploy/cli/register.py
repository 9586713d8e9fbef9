"""`coppice register`: an artifact and an image as a version in the model registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli import context
from deploy.cli.console import emit, say, step

if TYPE_CHECKING:
    from deploy.aws.model_registry import Package
    from deploy.registry.register import Plan


def register(
    group: Annotated[str, typer.Option("--group", "-g", help="The model package group; made if it isn't there.")],
    model: Annotated[str | None, typer.Option(help="The archive: model.tar.gz or s3://….")] = None,
    image: Annotated[str | None, typer.Option(help="The image: its address, REPOSITORY:TAG or TAG.")] = None,
    description: Annotated[str, typer.Option(help="A line about this version.")] = "",
    approve: Annotated[bool, typer.Option("--approve", help="Approve it at once.")] = False,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="K=V", help="A property of this version.")
    ] = None,
    bucket: Annotated[str | None, typer.Option(help="The bucket; by default SageMaker's.")] = None,
    stage: context.Stage = None,
    config: context.Config = None,
    region: context.Region = None,
    profile: context.Profile = None,
    dry_run: context.DryRun = False,
    as_json: context.AsJson = False,
) -> None:
    """Put an artifact and an image into a model package group, with metrics, content types and a sample payload.

    Example: coppice register --group houses --model model.tar.gz --image coppice:1.0
    """
    from deploy.aws.ecr import ECR
    from deploy.aws.model_registry import ModelRegistry
    from deploy.aws.s3 import S3
    from deploy.endpoint import artifact, limits, settings
    from deploy.endpoint import image as images
    from deploy.endpoint.build import model_place
    from deploy.registry import register as registering
    from deploy.registry.request import check_text, parse_metadata

    flags = {"model": model, "image": image, "bucket": bucket, "region": region, "profile": profile}
    chosen = settings.resolve(flags, context.environment(), config, stage)
    properties = parse_metadata(metadata or [])
    named = registering.group_of(group)
    check_text(description, "--description")
    place = model_place(chosen.need("model", "Name an archive; coppice pack writes one"))
    wanted = chosen.need("image", "Name one; coppice push prints its address")
    limits.check_image(wanted)

    session = context.session_of(chosen)
    s3, registry = S3(session), ModelRegistry(session)
    into = chosen.get("bucket") or s3.default_bucket
    archive = artifact.locate(place, named.rpartition("/")[2], into, s3)
    found = images.resolve(wanted, session, ECR(session), serverless=False)
    asked = registering.Asked(
        named, archive.uri, archive.identity, archive.manifest, archive.file, found.uri, into,
        description, approve, properties,
    )  # fmt: skip
    plan = registering.plan(asked, registry, s3)
    _show(plan, found.warning)
    if dry_run:
        say("nothing was done (--dry-run)")
        if as_json:
            emit({"dry_run": True, "creates_group": plan.creates_group, "request": plan.request} | _registered(plan))
        return
    package = registering.apply(plan, registry, s3, step)
    _report(plan, package)
    if as_json:
        emit(_described(plan, package))


def _show(plan: Plan, warning: str) -> None:
    asked, contents = plan.asked, plan.contents
    manifest = contents.manifest
    known = f"{manifest.model_id}, {manifest.task}, " if manifest else "bare, "
    rows = len(manifest.example.rows) if manifest and manifest.example and not manifest.script else 0
    scores = [f"{name} {value:.6g}" for name, value in ((manifest.metrics if manifest else None) or {}).items()]
    say(f"group     {asked.group}{', new' if plan.creates_group else ''}")
    say(f"model     {known}{contents.identity[:17]}…")
    say(f"image     {contents.image}")
    if warning:
        say(f"          {warning}")
    say(f"metrics   {', '.join(scores) if contents.metrics else 'none in the manifest'}")
    none = "none: only its script knows what to ask" if manifest and manifest.script else "no example in the manifest"
    say(f"payload   {f'{rows} example rows' if contents.payload else none}")


def _report(plan: Plan, package: Package) -> None:
    version = f"{plan.asked.group}:{package.version}"
    if plan.registered is None:
        say(f"registered as {version}, {package.approval}")
    elif plan.approves:
        say(f"registered already as {version}; it was {plan.registered.approval} and is {package.approval} now")
    else:
        say(f"nothing to do: registered already as {version}, {package.approval}")
    if package.approval == "Approved":
        say(f"next: coppice deploy --name NAME --from-registry {version}")
    else:
        say(f"next: coppice approve {version}")


def _registered(plan: Plan) -> dict[str, object]:
    return {"registered": plan.registered.version if plan.registered else None}


def _described(plan: Plan, package: Package) -> dict[str, object]:
    contents = plan.contents
    return {
        "group": plan.asked.group,
        "version": package.version,
        "arn": package.arn,
        "approval": package.approval,
        "created": plan.registered is None,
        "changed": plan.registered is None or plan.approves,
        "artifact": contents.identity,
        "model_data_url": str(contents.model_data),
        "image": contents.image,
        "metrics_url": str(contents.metrics.uri) if contents.metrics else None,
        "sample_payload_url": str(contents.payload.uri) if contents.payload else None,
        "metadata": dict(package.metadata),
    }
