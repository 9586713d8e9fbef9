"""`coppice cost`: what an endpoint will cost, with the formula and the prices it is made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.cli.console import emit
from deploy.cli.context import AsJson, Region, environment
from deploy.errors import LimitError, UsageError

if TYPE_CHECKING:
    from deploy.cost.estimate import Load

PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="Prices instead of ours, in the same form.")
]
CallsPerMonth = Annotated[float, typer.Option(help="How many calls there are a month.", min=0, max=1e12)]
DEFAULT_REGION: Final = "us-east-1"
"""Where nothing says another: its prices are the ones that are known."""


def cost(
    memory: Annotated[str, typer.Option(help="1024, 2048, … 6144 MB.")] = "2048",
    duration_ms: Annotated[float, typer.Option(help="How long a call takes; tune measures it.", min=0)] = 100,
    calls_per_month: CallsPerMonth = 1_000_000,
    payload_bytes: Annotated[int, typer.Option(help="Of a call, in and out together.", min=0)] = 0,
    provisioned: Annotated[int, typer.Option(help="Instances that are kept warm.", min=0, max=200)] = 0,
    compare: Annotated[
        list[str] | None, typer.Option(metavar="ml.…", help="An instance type; all known ones by default.")
    ] = None,
    prices: PricesFile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what an endpoint costs a month, and from how many calls on an instance is cheaper.

    Example: coppice cost --memory 1024 --duration-ms 12 --calls-per-month 2000000 --payload-bytes 600
    """
    from deploy.cost import report
    from deploy.cost.estimate import Load, estimate
    from deploy.cost.prices import read
    from deploy.endpoint.settings import resolve

    table = read(region_of(resolve({"region": region}, environment(), None).get("region")), prices)
    load = Load(size_of(memory), duration_ms, calls_per_month, payload_bytes, provisioned)
    _check(load)
    kinds = tuple(compare) if compare else tuple(table.instance_hours)
    found = estimate(load, table, kinds)
    if as_json:
        emit(report.document(found))
    else:
        typer.echo("\n".join(report.lines(found)))


def _check(load: Load) -> None:
    """Raises LimitError for calls that no serverless endpoint answers."""
    from container.contract import INVOCATION_TIMEOUT_SECONDS
    from deploy.endpoint.payload import SERVERLESS_BYTES

    if load.duration_ms > 1000 * INVOCATION_TIMEOUT_SECONDS:
        raise LimitError(
            f"A serverless endpoint's call may take {INVOCATION_TIMEOUT_SECONDS} s; {load.duration_ms:,g} ms are more.",
            "Longer ones are for asynchronous endpoints: coppice deploy --async",
        )
    if load.payload_bytes > 2 * SERVERLESS_BYTES:
        raise LimitError(
            f"A serverless endpoint takes {SERVERLESS_BYTES:,} bytes and answers with as many, "
            f"{2 * SERVERLESS_BYTES:,} together; {load.payload_bytes:,} are more.",
            "Send fewer rows at a time, or have them done as a batch: coppice batch",
        )


def size_of(memory: str) -> int:
    """A memory size that SageMaker has. Raises UsageError and LimitError."""
    from deploy.endpoint.limits import check_serverless
    from deploy.endpoint.options import OPTIONS
    from deploy.endpoint.spec import Serverless

    try:
        size = OPTIONS["memory"].read(memory)
    except ValueError as error:
        raise UsageError(f"--memory takes {error}; this is {memory!r}.") from None
    check_serverless(Serverless(size, 1))
    return int(size)


def region_of(region: str | None) -> str:
    """The region that is meant: the flag's, the environment's, else us-east-1."""
    set_already = environment()
    return region or set_already.get("AWS_REGION") or set_already.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
