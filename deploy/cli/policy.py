"""`coppice policy`: what to allow, as IAM's documents."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Profile, Region, session

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
    repository: Annotated[str | None, typer.Option(help="The image's ECR repository.")] = None,
    role: Annotated[str | None, typer.Option(help="The execution role's name or ARN.")] = None,
    group: Annotated[str | None, typer.Option(help="The model package group; by default the endpoint's name.")] = None,
    async_output: Annotated[
        list[str] | None,
        typer.Option("--async", metavar="S3", help="Where an asynchronous endpoint puts its answers."),
    ] = None,
    inputs: Annotated[list[str] | None, typer.Option("--input", metavar="S3", help="What batch jobs read.")] = None,
    outputs: Annotated[list[str] | None, typer.Option("--output", metavar="S3", help="Where they write.")] = None,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Print the IAM policies: for who deploys, for the endpoint's role, and for who may assume that role.

    Example: aws iam create-policy --policy-name coppice --policy-document "$(coppice policy deployer --name churn)"
    """
    from deploy.aws.s3 import S3Uri
    from deploy.policy.scope import EVERY, Scope

    reads = [S3Uri.parse(text, "--input") for text in inputs or ()]
    writes = [S3Uri.parse(text, "--output") for text in outputs or ()]
    replies = [S3Uri.parse(text, "--async") for text in async_output or ()]
    here = session(region, profile)
    given = {"endpoint": name, "bucket": bucket, "repository": repository, "role": role, "group": group}
    scope = Scope(
        account=account or here.account,
        region=here.region,
        partition=here.partition,
        reads=tuple(reads),
        writes=(*writes, *replies),
        **{key: value for key, value in given.items() if value is not None},
    )
    if scope.endpoint == EVERY and which is not Which.trust:
        say("For every endpoint of this account and region; --name NAME narrows it to one.")
    emit(_documents(scope, which))


def _documents(scope: Scope, which: Which | None) -> dict[str, Any]:
    from deploy.policy.deployer import deployer
    from deploy.policy.execution import execution, trust

    writers = {Which.deployer: deployer, Which.execution: execution, Which.trust: trust}
    if which is not None:
        return writers[which](scope)
    return {name.value: write(scope) for name, write in writers.items()}
