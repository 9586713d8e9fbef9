"""`coppice local`: one address on this machine that speaks AWS. The emulator itself is in local_test/emulator."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from container.contract import MEBIBYTE
from container.errors import ContainerError
from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, environment
from deploy.errors import DeployError, Missing, UsageError
from local_test.emulator.limits import MB_PER_VCPU
from local_test.emulator.options import DEFAULT_PORT, Options

if TYPE_CHECKING:
    from local_test.emulator.run_folder import Info
    from local_test.emulator.running import Running

app = typer.Typer(no_args_is_help=True, help="A serverless endpoint on your own machine: one address that speaks AWS.")
UNITS: Final = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([kmg]i?)?(?:b|b/s)?", re.IGNORECASE)
REGION: Final = "us-east-1"
"""Where nothing else is set."""
Port = Annotated[
    int | None, typer.Option(help="Which one, by its port; not needed where only one runs.", min=1, max=65535)
]


@app.command()
def up(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = DEFAULT_PORT,
    backend: Annotated[
        str, typer.Option(metavar="docker|process", help="What runs the instances; docker where its engine answers.")
    ] = "auto",
    detach: Annotated[bool, typer.Option("--detach", help="Return once it answers; stdout is for eval.")] = False,
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Remember everything here.", file_okay=False)
    ] = None,
    download_rate: Annotated[
        str | None, typer.Option(metavar="BYTES", help="How fast models come, per second: 10MB.")
    ] = None,
    mb_per_vcpu: Annotated[int, typer.Option(help="Memory that comes with one vCPU.", min=1)] = MB_PER_VCPU,
    idle: Annotated[
        float, typer.Option(metavar="SECONDS", help="When an idle instance goes.", min=0)
    ] = Options().idle_seconds,
    as_json: AsJson = False,
) -> None:
    """Start an emulator of SageMaker: S3, ECR, endpoints and what lies around, at one address on this machine.

    Example: eval "$(coppice local up --detach)"
    """
    if backend not in ("auto", "docker", "process"):
        raise UsageError(f"--backend takes docker or process; this is {backend!r}.")
    if as_json and not detach:
        raise UsageError("--json goes with --detach: without it, the calls' lines are what comes on stdout.")
    rate = None if download_rate is None else size(download_rate)
    options = Options(port, backend, state, rate, mb_per_vcpu, idle)
    try:
        if detach:
            _background(options, as_json)
        else:
            _foreground(options)
    except ContainerError as error:
        raise _refused(error) from None


@app.command()
def status(port: Port = None, as_json: AsJson = False) -> None:
    """Show the emulators that run here, their endpoints and instances, and what dead ones left.

    Example: coppice local status
    """
    from local_test.emulator.running import running

    found = [emulator for emulator in running() if port in (None, emulator.port)]
    if as_json:
        emit({"emulators": [_document(emulator) for emulator in found]})
    elif found:
        typer.echo("\n".join(line for emulator in found for line in _lines(emulator)))
    else:
        say(f"No emulator runs here{f' at port {port}' if port else ''}; start one: coppice local up")


@app.command()
def down(
    port: Port = None,
    everything: Annotated[bool, typer.Option("--all", help="All that run here.")] = False,
) -> None:
    """End an emulator and leave nothing: no container, process or file; a state's folder stays.

    Example: coppice local down
    """
    from local_test.emulator import running

    there = [emulator.port for emulator in running.running()]
    if everything and port is not None:
        raise UsageError("--all and --port say different things.", "Take one of them.")
    ports = there if everything else _which(port, there)
    for which in ports:
        say(f"The emulator at port {which} is gone." if running.down(which) else f"No emulator runs at port {which}.")
    if set(there) <= set(ports):
        say(f"Back to AWS: unset {' '.join(exports(None))}")


@app.command()
def reset(port: Port = None) -> None:
    """Forget everything that was made in an emulator, which goes on.

    Example: coppice local reset
    """
    from local_test.emulator import running

    there = [emulator.port for emulator in running.running() if emulator.lives]
    for which in _which(port, there):
        try:
            running.reset(which)
        except running.Unreachable as error:
            raise Missing(f"The emulator at port {which}: {error}", "Start one: coppice local up") from None
        say(f"The emulator at port {which} has forgotten everything.")


def size(text: str) -> int:
    """Bytes of 10MB, 512k, 1.5 GiB or 1000000. Raises UsageError."""
    found = SIZE.fullmatch(text.strip())
    value = int(float(found[1]) * UNITS[(found[2] or "").lower()]) if found else 0
    if value < 1:
        raise UsageError(f"--download-rate takes bytes per second, such as 10MB; this is {text!r}.")
    return value


def exports(address: str | None) -> dict[str, str]:
    """The variables that lead AWS's clients to an emulator. Credentials have to be there; nobody looks at them."""
    set_already = environment()
    return {
        "AWS_ENDPOINT_URL": address or "",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": set_already.get("AWS_REGION") or set_already.get("AWS_DEFAULT_REGION") or REGION,
    }


def _foreground(options: Options) -> None:
    from local_test.emulator.run import run

    def announce(info: Info, _folder: Path) -> None:
        _introduce(info)
        say("In another terminal:")
        for name, value in exports(info.address).items():
            say(f"  export {name}={value}")
        say("Every call leaves a line here; Ctrl-C ends it.")

    run(options, announce, _report)


def _background(options: Options, as_json: bool) -> None:
    from local_test.emulator.running import start

    info = start(options)
    _introduce(info)
    if as_json:
        emit(info._asdict() | {"environment": exports(info.address)})
    else:
        typer.echo("\n".join(f"export {name}={value}" for name, value in exports(info.address).items()))


def _report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _refused(error: ContainerError) -> DeployError:
    """The same with an exit code: 3 where Docker has to be there first."""
    kind = Missing if error.code == Missing.code else DeployError
    refused = kind(error.message, error.hint)
    refused.code = error.code  # type: ignore[misc]  # a program tells a taken port from a taken state
    return refused


def _introduce(info: Info) -> None:
    say(f"AWS, as far as SageMaker's endpoints need it, at {info.address}")
    say(f"  page          {info.address}/ in a browser: endpoints, instances, memory and calls as they are now")
    say(f"  backend       {info.backend}: {info.why}")
    say(f"  not enforced  {', '.join(info.not_enforced) or 'nothing is left out'}")
    say(f"  registry      {info.registry or 'none; the image coppice:latest is this checkout'}")
    say(f"  state         {info.state or 'forgotten at the end; --state DIR keeps it'}")


def _which(port: int | None, there: list[int]) -> list[int]:
    """The port that is meant: the one that is named, else the only one, else the usual one."""
    if port is not None:
        return [port]
    if len(there) > 1:
        raise UsageError(
            f"{len(there)} emulators are here, at ports {', '.join(map(str, there))}.", f"Say which: --port {there[0]}"
        )
    return there or [DEFAULT_PORT]


def _document(emulator: Running) -> dict[str, Any]:
    members = emulator.info._asdict() if emulator.info else {}
    return {
        **members,
        "port": emulator.port,
        "lives": emulator.lives,
        "log": emulator.log,
        "trouble": emulator.trouble,
        "endpoints": emulator.endpoints,
    }


def _lines(emulator: Running) -> Iterator[str]:
    info = emulator.info
    if not emulator.lives:
        yield f"port {emulator.port}: dead, and it left something; remove it: coppice local down --port {emulator.port}"
        return
    where = info.address if info and info.address else f"port {emulator.port}"
    yield f"{where}  pid {info.pid}, {info.backend or 'starting'}" if info else where
    if emulator.trouble:
        yield f"  ! {emulator.trouble}"
    if info and info.state:
        yield f"  state {info.state}"
    if emulator.log:
        yield f"  log   {emulator.log}"
    for endpoint in emulator.endpoints:
        yield f"  {endpoint['name']} ({endpoint['region']}): {endpoint['status']}"
        for instance in endpoint["instances"]:
            yield f"    {_instance(instance)}"


def _instance(instance: dict[str, Any]) -> str:
    used = f"{instance['memory_bytes'] / MEBIBYTE:.0f}"
    memory = f"{used} of {instance['memory_mb']} MB" if instance["memory_mb"] else f"{used} MB"
    return f"{instance['variant']}/{instance['id'][:12]}  {instance['state']}  {memory}"
