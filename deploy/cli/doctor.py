"""`coppice doctor`: what would stop a deploy, before it is tried."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Config, Profile, Region, Stage, environment

if TYPE_CHECKING:
    from container.artifact.manifest import Schema
    from deploy.doctor.check import Check, Finding
    from deploy.endpoint.settings import Settings

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "–"}  # noqa: RUF001 - a dash, as it should be


def doctor(
    model: Annotated[str | None, typer.Option(metavar="FILE|S3", help="The archive to be deployed.")] = None,
    image: Annotated[str | None, typer.Option(help="The image's address or tag.")] = None,
    role: Annotated[str | None, typer.Option(help="The execution role's name or ARN.")] = None,
    payload: Annotated[Path | None, typer.Option(help="A body to call the endpoint with.")] = None,
    stage: Stage = None,
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Look for what would stop a deploy, and name the command that mends it. Exit code 3 when something blocks.

    Example: coppice doctor --model model.tar.gz --image coppice:latest --payload payload.csv
    """
    from deploy.doctor.check import State, examine
    from deploy.endpoint.settings import resolve

    flags = {"model": model, "image": image, "role": role, "region": region, "profile": profile}
    checks = _checks(resolve(flags, environment(), config, stage), payload)
    findings = examine(checks, _Report(max(len(check.name) for check in checks)))
    blocking = [finding.name for finding in findings if finding.state is State.failed]
    say()
    say(f"{', '.join(blocking)}: mend this first." if blocking else "Nothing blocks a deploy; next: coppice deploy")
    if as_json:
        emit({"ok": not blocking, "blocking": blocking, "checks": [finding._asdict() for finding in findings]})
    if blocking:
        raise typer.Exit(3)


class _Report:
    """Tells people one finding after the other, below its group's name."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._group = ""

    def __call__(self, finding: Finding) -> None:
        if finding.group != self._group:
            say(f"{'' if not self._group else chr(10)}{finding.group}")
            self._group = finding.group
        say(f"  {_MARKS[finding.state]} {finding.name:<{self._width}}  {finding.found}")
        for line in finding.remedy.splitlines():
            say(f"    {'':<{self._width}}  → {line}")


def _checks(settings: Settings, payload: Path | None) -> list[Check]:
    """Every check, in the order in which one needs them."""
    from deploy.aws.ecr import ECR
    from deploy.aws.iam import IAM
    from deploy.aws.identity import identify, log_in_to_ecr, regions_with
    from deploy.aws.impatient import ImpatientSession
    from deploy.aws.quotas import Quotas as QuotaService
    from deploy.aws.s3 import S3
    from deploy.doctor import account, files, machine
    from deploy.endpoint import image
    from deploy.endpoint.build import model_place

    session = ImpatientSession(settings.get("region"), settings.get("profile"))
    identity = functools.cache(lambda: identify(session))
    ecr, quotas = ECR(session), QuotaService(session)
    model, address = settings.get("model"), settings.get("image")
    serverless = settings.get("instance-type") is None
    artifact = files.Artifact(model_place(model) if model else None, S3(session).head, serverless)
    pushed = address is not None and ".dkr.ecr" in address
    return [
        account.Region(lambda: session.region, lambda: regions_with(session, "sagemaker")),
        account.Credentials(identity),
        account.Clock(identity),
        account.Role(settings.get("role"), IAM(session), lambda: session.account),
        account.Registry(lambda: ecr.host, lambda: log_in_to_ecr(session)),
        account.Quotas(quotas.serverless, quotas.in_use),
        machine.Docker(machine.run, blocks=not pushed),
        machine.Architecture(machine.run),
        artifact,
        files.Image(address, lambda text: image.resolve(text, session, ecr, serverless)),
        files.Versions(address, artifact, machine.run),
        files.Payload(payload, artifact, _count_rows),
    ]


def _count_rows(body: bytes, content_type: str, schema: Schema) -> int:
    """The rows of a body, read and arranged as the container does; raises its errors."""
    from container.codecs.negotiation import reader
    from container.inference.validate import arrange

    _, decode = reader(content_type, body)
    return len(arrange(decode(body, schema), schema))
