"""`coppice tune`: the memory size, chosen by measurement."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Config, Profile, Region, Stage, Yes, check_askable, confirm, environment
from deploy.cli.cost import CallsPerMonth, PricesFile, region_of
from deploy.errors import UsageError

if TYPE_CHECKING:
    from deploy.aws.invocation import Call
    from deploy.cost.prices import Prices
    from deploy.endpoint.settings import Settings
    from deploy.tune.choice import Choice
    from deploy.tune.measured import Measured
    from deploy.tune.options import Tuning
    from deploy.tune.target import Target

INTERRUPTED: Final = 130


class Place(StrEnum):
    """Where to measure."""

    emulator = "emulator"
    aws = "aws"


def tune(
    model: Annotated[str | None, typer.Option(help="The archive: model.tar.gz.")] = None,
    payload: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="What to send; the model's example by default.")
    ] = None,
    memory: Annotated[str | None, typer.Option(help="The sizes, as in 1024,2048; all six by default.")] = None,
    calls: Annotated[int, typer.Option(help="Warm calls to each size.", min=1)] = 100,
    cold_starts: Annotated[int, typer.Option(help="Cold starts of each size, from zero.", min=1)] = 5,
    concurrency: Annotated[str, typer.Option(help="How many clients call at a time, as in 1,2,4.")] = "1",
    target: Annotated[Place, typer.Option(help="The emulator on this machine, or real endpoints.")] = Place.emulator,
    strategy: Annotated[str, typer.Option(help="cost, speed, balanced, or balanced:WEIGHT (of the cost).")] = "cost",
    calls_per_month: CallsPerMonth = 1_000_000,
    current: Annotated[str | None, typer.Option(help="The size to compare with; the configured one, or 2048.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Deploy the choice afterwards (--name says which).")] = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where results.json and report.html go.")
    ] = Path("tune"),
    name: Annotated[str | None, typer.Option("--name", "-n", help="The endpoint that --apply deploys.")] = None,
    image: Annotated[
        str | None, typer.Option(help="The image; in the emulator one that Docker has here, coppice by default.")
    ] = None,
    backend: Annotated[
        str, typer.Option(metavar="docker|process", help="What runs the emulator's instances.")
    ] = "auto",
    role: Annotated[str | None, typer.Option(help="The execution role (--target aws, --apply).")] = None,
    prices: PricesFile = None,
    stage: Stage = None,
    config: Config = None,
    yes: Yes = False,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model at every memory size and recommend one, with its cost.

    Example: coppice tune --model model.tar.gz --memory 1024,2048 --calls-per-month 2000000
    """
    from deploy.aws.sagemaker import instance_types
    from deploy.cost.prices import read
    from deploy.endpoint.build import DEFAULT_CONCURRENCY, DEFAULT_MEMORY_MB, build
    from deploy.endpoint.settings import resolve
    from deploy.tune import options
    from deploy.tune.choice import choose

    if backend not in ("auto", "docker", "process"):
        raise UsageError(f"--backend takes docker or process; this is {backend!r}.")
    flags = {"model": model, "name": name, "image": image, "role": role, "region": region, "profile": profile}
    settings = resolve(flags | {"memory": current}, environment(), config, stage)
    if apply:  # what deploy would miss or refuse, it does before the measurement
        settings.need("name", "--apply deploys an endpoint; which one?")
        settings.need("image", "coppice push prints its address")
        build(resolve(flags | {"memory": DEFAULT_MEMORY_MB}, environment(), config, stage), instance_types)
    if target is Place.aws:
        settings.need("image", "coppice push prints its address")
    if apply or target is Place.aws:
        check_askable(yes, "Add --yes to go ahead.")
    tuning = options.Tuning(
        sizes=options.sizes(memory),
        calls=calls,
        colds=cold_starts,
        levels=options.levels(concurrency),
        strategy=options.strategy(strategy),
        calls_per_month=round(calls_per_month),
        current_mb=options.current(settings.get("memory", DEFAULT_MEMORY_MB)),
        max_concurrency=settings.get("max-concurrency", DEFAULT_CONCURRENCY),
    )
    archive = settings.need("model", "Name an archive; coppice pack writes one")
    table = read(region_of(settings.get("region")), prices)
    _check_writable(output)
    measured = _measured(archive, payload or [], tuning, target, backend, image, settings, yes, table)
    choice = choose(measured, table)
    found = _written(measured, choice, table, archive, output)
    if as_json:
        emit(found)
    if measured.interrupted:
        raise typer.Exit(INTERRUPTED)
    if choice.memory_mb is None:
        raise typer.Exit(1)
    if apply:
        _apply(choice.memory_mb, archive, image, name, role, stage, config, yes, region, profile)


def _measured(
    archive: str,
    payload: list[str],
    tuning: Tuning,
    target: Place,
    backend: str,
    image: str | None,
    settings: Settings,
    yes: bool,
    prices: Prices,
) -> Measured:
    from deploy.cli import tune_targets
    from deploy.tune.measure import measure

    calls = _calls(payload, archive)
    with ExitStack() as stack:
        stack.enter_context(tune_targets.as_ctrl_c())
        if target is Place.aws:
            confirm(tune_targets.question(tuning, prices), yes)
            chosen: Target = tune_targets.aws(archive, settings, tuning)
        else:
            chosen = tune_targets.emulator(archive, image, backend, settings, tuning, stack)
        with tune_targets.progress() as show:
            return measure(chosen, tuning, calls, show)


def _calls(files: list[str], archive: str) -> list[Call]:
    """What is sent: the payload files, or the model's own example. An archive that is here is checked, too."""
    from deploy.aws.invocation import Call
    from deploy.endpoint.artifact import look

    manifest = None if "://" in archive else look(Path(archive)).manifest
    if files:
        return [_call(file) for file in files]
    if "://" in archive:
        raise UsageError("The model lies in S3, so its example isn't read.", "Say what to send: --payload FILE")
    if manifest is None or manifest.example is None or manifest.script:
        raise UsageError("The model has no example that could be sent.", "Say what to send: --payload FILE")
    rows = [list(row) for row in manifest.example.rows[:1]]
    return [Call(json.dumps({"instances": rows}).encode(), "application/json")]


def _call(file: str) -> Call:
    from deploy.aws.invocation import Call
    from deploy.endpoint.running import Kind
    from deploy.invoke import payload

    body = payload.read_body(file, sys.stdin.buffer.read)
    call = Call(body, payload.content_type_of(file, body, "Give it one of these: rows.csv"))
    payload.check_size(call, Kind.serverless, f"Send fewer rows at a time than {file} has.")
    return call


def _check_writable(folder: Path) -> None:
    """Raises UsageError where results couldn't be written: before they are measured."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise UsageError(
            f"The results can't be written into {there}: {error.strerror}.", "Name another folder: -o DIR"
        ) from None


def _written(measured: Measured, choice: Choice, prices: Prices, archive: str, output: Path) -> dict[str, Any]:
    """The results, told to people and written into the folder."""
    from deploy.tune import table
    from deploy.tune.document import document
    from deploy.tune.report import page

    for line in table.lines(measured, choice, prices):
        say(line)
    found = document(measured, choice, prices, archive)
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (output / "report.html").write_text(page.render(found), encoding="utf-8")
    say(f"written: {output / 'results.json'}, {output / 'report.html'}")
    if measured.interrupted:
        say("interrupted: these are the sizes as far as they were measured")
    return found


def _apply(memory_mb: int, archive: str, image: str | None, name: str | None, role: str | None, stage: str | None,
           config: Path | None, yes: bool, region: str | None, profile: str | None) -> None:  # fmt: skip
    from deploy.cli.deploy import deploy

    say()
    deploy(
        name=name, model=archive, image=image, memory=str(memory_mb), role=role, stage=stage, config=config, yes=yes,
        region=region, profile=profile,
    )  # fmt: skip
