"""`coppice approve`: which registered version may be deployed."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli import context
from deploy.cli.console import emit, say


def approve(
    version: Annotated[str, typer.Argument(metavar="GROUP[:VERSION]", help="The newest version if none is named.")],
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead.")] = False,
    note: Annotated[str, typer.Option(help="Why, in a line.")] = "",
    region: context.Region = None,
    profile: context.Profile = None,
    as_json: context.AsJson = False,
) -> None:
    """Approve or reject a version in the model registry; what is so already stays as it is.

    Example: coppice approve houses:3 --note "rmse 0.49 on last month"
    """
    from deploy.aws.model_registry import APPROVED, REJECTED, ModelRegistry
    from deploy.endpoint.package import Named
    from deploy.registry.approve import decide
    from deploy.registry.request import check_text

    check_text(note, "--note")
    Named.parse(version)
    registry = ModelRegistry(context.session(region, profile))
    change = decide(registry, version, REJECTED if reject else APPROVED, note)
    named = f"{change.group}:{change.version}"
    if not change.changed:
        say(f"nothing to do: {named} is {change.approval} already")
    elif change.was == change.approval:
        say(f"{named} is {change.approval} as before; the note is new")
    else:
        say(f"{named} was {change.was} and is {change.approval} now")
    if change.approval == APPROVED:
        say(f"next: coppice deploy --name NAME --from-registry {named}")
    if as_json:
        emit(change._asdict())
