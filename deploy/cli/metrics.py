"""`coppice metrics`: how much, how fast and how full."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Name, Profile, Region, session


def metrics(
    name: Name,
    since: Annotated[
        str, typer.Option(help="How far back, as 30m, 3h, 2d; or from when, as 2026-01-31T08:00 (UTC).")
    ] = "3h",
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Show an endpoint's invocations, errors, times and use of memory, from CloudWatch.

    Example: coppice metrics houses --since 24h
    """
    from deploy.aws.cloudwatch import Metrics
    from deploy.aws.describe import Describe
    from deploy.endpoint.limits import check_name
    from deploy.endpoint.log_lines import moment
    from deploy.observe.metrics import Window, measure, of_kind
    from deploy.observe.metrics_report import table
    from deploy.observe.since import parse_since
    from deploy.observe.target import look

    check_name(name, "NAME")
    now = time.time()
    window = Window.until(now, parse_since(since, now))
    here = session(region, profile)
    seen = look(Describe(here), name, here.region)
    dimensions = {"EndpointName": name, "VariantName": seen.variant}
    measured = measure(Metrics(here), of_kind(seen.kind, seen.provisioned), dimensions, window)
    if not measured.percentiles:
        say("CloudWatch didn't answer with percentiles, so there are none.")
    if as_json:
        emit(
            {
                "endpoint": name,
                "variant": seen.variant,
                "start": moment(window.start * 1000),
                "end": moment(window.end * 1000),
                "period_seconds": window.period,
                "metrics": {summary.metric.key: summary.document() for summary in measured.summaries},
            }
        )
        return
    say(f"{name}, variant {seen.variant}, since {moment(window.start * 1000)}; a bar is {window.period // 60} min")
    typer.echo("\n".join(table(measured)))
