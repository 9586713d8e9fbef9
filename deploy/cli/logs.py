"""`coppice logs`: what the container said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Name, Profile, Region, session
from deploy.errors import UsageError

if TYPE_CHECKING:
    from deploy.aws.logs import LogEvent, LogReader
    from deploy.aws.session import Session


def logs(
    name: Name,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new lines as they come; Ctrl-C ends it.")
    ] = False,
    since: Annotated[
        str, typer.Option(help="How far back, as 10m, 3h, 2d; or from when, as 2026-01-31T08:00 (UTC).")
    ] = "1h",
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Only the last N of those lines.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The lines as the container wrote them.")] = False,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Show what an endpoint's container logged. With --json one document; with --json -f one for each line.

    Example: coppice logs houses -f --since 10m
    """
    from deploy.aws.logs import LogReader
    from deploy.endpoint.limits import check_name
    from deploy.endpoint.log_lines import group_of, moment
    from deploy.observe.since import parse_since

    check_name(name, "NAME")
    if raw and as_json:
        raise UsageError("--raw and --json are two ways to print; choose one.")
    start = int(parse_since(since, time.time()) * 1000)
    here = session(region, profile)
    reader, group = LogReader(here), group_of(name)
    events = reader.last(group, limit, start) if limit else reader.since(group, start)
    if as_json and not follow:
        emit({"endpoint": name, "group": group, "events": [_document(event) for event in events]})
        return
    shown = _print(events, raw, as_json)
    if not shown:
        say(f"Nothing was logged by {name} since {moment(start)}{_or_ever(here, name)}")
    if follow:
        _follow(reader, group, start, shown, raw, as_json)


def _follow(reader: LogReader, group: str, start: int, shown: list[LogEvent], raw: bool, as_json: bool) -> None:
    from deploy.observe.follow import follow

    after = shown[0].milliseconds if shown else start  # what --limit left out stays out
    try:
        _print(follow(reader, group, after, time.time, time.sleep, shown), raw, as_json)
    except KeyboardInterrupt:  # how following ends: nothing to tell, in no form
        raise typer.Exit(130) from None


def _print(events: Iterator[LogEvent] | list[LogEvent], raw: bool, as_json: bool) -> list[LogEvent]:
    """Each event as it comes; the events."""
    from deploy.endpoint.log_lines import render

    printed = []
    for event in events:
        if as_json:
            typer.echo(json.dumps(_document(event), ensure_ascii=False))
        else:
            typer.echo(event.text if raw else render(event))
        printed.append(event)
    return printed


def _document(event: LogEvent) -> dict[str, Any]:
    """An event for programs; `fields` is null for what isn't the container's own JSON."""
    from deploy.endpoint.log_lines import moment, parse

    when = moment(event.milliseconds)
    return {"id": event.id, "time": when, "stream": event.stream, "text": event.text, "fields": parse(event.text)}


def _or_ever(here: Session, name: str) -> str:
    """Whether there is such an endpoint at all, where that may be seen."""
    from deploy.aws.describe import Denied, Describe

    try:
        there = Describe(here).endpoint(name) is not None
    except Denied:
        there = True
    return "." if there else ", and there is no endpoint of that name: coppice status shows those there are."
