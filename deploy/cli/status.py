"""`coppice status`: what runs."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Profile, Region, session


def status(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="An endpoint; without it, all of ours.")] = None,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Show what runs: one endpoint in full, or all that Coppice made.

    Example: coppice status houses
    """
    from deploy.aws.describe import Describe
    from deploy.endpoint.limits import check_name
    from deploy.observe import status_report
    from deploy.observe.status import gather, gather_all

    if name is not None:
        check_name(name, "NAME")
    here = session(region, profile)
    describe = Describe(here)
    if name is not None:
        found = gather(describe, name, here.region)
        if as_json:
            emit(status_report.document(found))
        else:
            typer.echo("\n".join(status_report.lines(found)))
        return
    listing = gather_all(describe)
    if as_json:
        emit(status_report.overview(listing, here.region))
    elif listing.ours:
        typer.echo("\n".join(status_report.table(listing)))
    else:
        say(f"No endpoint of Coppice's in {here.region}; make one: coppice deploy --name NAME --model model.tar.gz")
    if listing.others:
        say(f"{listing.others} more not made by Coppice; coppice status NAME shows any of them")
