"""The composition root of the verbs that talk to AWS: the session, and the flags they share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.console import say
from deploy.errors import Declined, UsageError

if TYPE_CHECKING:
    from deploy.aws.session import Session
    from deploy.endpoint.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="The endpoint's name.")]
Region = Annotated[
    str | None, typer.Option("--region", help="The AWS region; by default endpoint.toml or AWS's settings say.")
]
Profile = Annotated[str | None, typer.Option("--profile", help="A profile from AWS's configuration files.")]
Stage = Annotated[str | None, typer.Option("--stage", help="A [stage.NAME] of endpoint.toml.")]
Config = Annotated[Path | None, typer.Option("--config", help="Read this instead of endpoint.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")]


def environment() -> Mapping[str, str]:
    """The variables this process was started with."""
    return dict(os.environ)


def session(region: str | None, profile: str | None) -> Session:
    """The account and region of a verb that takes no other settings: where `deploy` would go from here, too."""
    from deploy.endpoint.settings import resolve

    return session_of(resolve({"region": region, "profile": profile}, environment(), None))


def session_of(settings: Settings) -> Session:
    """The account and region that settings, and below them AWS's own, point to."""
    from deploy.aws.session import Session

    return Session(settings.get("region"), settings.get("profile"))


def check_askable(yes: bool, hint: str = "Add --yes to go ahead, or --dry-run to see the plan.") -> None:
    """Raises UsageError where `confirm` would: for a verb that works for long before it asks, or has no --dry-run."""
    if not yes and not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask on.", hint)


def confirm(question: str, yes: bool) -> None:
    """Go on after a yes; without a terminal to ask on, --yes has to say it. Raises UsageError and Declined."""
    check_askable(yes)
    if yes:
        return
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort as abort:  # typer's word for Ctrl-C and for an end of input
        say()
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        agreed = False
    if not agreed:
        raise Declined("The answer wasn't yes, so nothing was done.")
