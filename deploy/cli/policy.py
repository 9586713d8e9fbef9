"""`coppice policy`: what to allow, as IAM's documents."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Config, Profile, Region, Stage, environment, session_of
from deploy.endpoint.names import DEFAULT_REPOSITORY, DEFAULT_ROLE

if TYPE_CHECKING:
    from deploy.policy.scope import Scope


class Which(StrEnum):
    """Whose document."""

    deployer = "deployer"
    execution = "execution"
    trust = "trust"


def policy(
    which: Annotated[Which | None, typer.Argument(help="One document, ready for IAM; without it, all three.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="The endpoint, or the start of several names and a *.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="The account's twelve digits; by default AWS is asked.")] = None,
    bucket: Annotated[str | None, typer.Option(help="The bucket of the model archives.")] = None,
    repository: Annotated[str, typer.Option(help="The image's ECR repository.")] = DEFAULT_REPOSITORY,
    role: Annotated[str | None, typer.Option(help="The execution role's name or ARN.")] = None,
    group: Annotated[str | None, typer.Option(help="The model package group; by default the endpoint's name.")] = None,
    async_output: Annotated[
        str | None, typer.Option("--async", metavar="S3", help="Where an asynchronous endpoint puts its answers.")
    ] = None,
    inputs: Annotated[list[str] | None, typer.Option("--input", metavar="S3", help="What batch jobs read.")] = None,
    outputs: Annotated[list[str] | None, typer.Option("--output", metavar="S3", help="Where they write.")] = None,
    stage: Stage = None,
    config: Config = None,
    region: Region = None,
    profile: Profile = None,
    _as_json: AsJson = False,
) -> None:
    """Print the IAM policies: for who deploys, for the endpoint's role, and for who may assume that role.

    Example: aws iam create-policy --policy-name coppice --policy-document "$(coppice policy deployer --name churn)"
    """
    from deploy.aws.s3 import S3Uri
    from deploy.endpoint.settings import resolve
    from deploy.policy.scope import EVERY, Scope

    flags = {"name": name, "bucket": bucket, "role": role, "async": async_output, "region": region, "profile": profile}
    settings = resolve(flags, environment(), config, stage)
    here = session_of(settings)
    answers = settings.get("async")
    scope = Scope(
        account=account or here.account,
        region=here.region,
        partition=here.partition,
        endpoint=settings.get("name", EVERY),
        bucket=settings.get("bucket", ""),
        repository=repository,
        role=settings.get("role", DEFAULT_ROLE),
        group=group or "",
        reads=tuple(S3Uri.parse(text, "--input") for text in inputs or ()),
        writes=tuple(S3Uri.parse(text, "--output") for text in outputs or ()),
        asynchronous=S3Uri.parse(answers, settings.origin("async")) if answers else None,
    )
    if scope.endpoint == EVERY and which is not Which.trust:
        say("For every endpoint of this account and region; --name NAME narrows it to one.")
    emit(_documents(scope, which))


def _documents(scope: Scope, which: Which | None) -> dict[str, Any]:
    from deploy.policy.deployer import MANAGED_POLICY_CHARS, deployer, size
    from deploy.policy.execution import execution, trust

    writers = {Which.deployer: deployer, Which.execution: execution, Which.trust: trust}
    if which is not Which.execution and which is not Which.trust and size(deployer(scope)) > MANAGED_POLICY_CHARS:
        say(
            f"deployer is longer than the {MANAGED_POLICY_CHARS:,} characters of a managed policy: put it into a role "
            "(aws iam put-role-policy takes 10,240), or choose shorter names."
        )
    if which is not None:
        return writers[which](scope)
    return {name.value: write(scope) for name, write in writers.items()}
