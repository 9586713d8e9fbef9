"""`coppice pack`: from a fitted estimator to a model.tar.gz."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.console import emit, say
from deploy.errors import UsageError


def pack(
    model: Annotated[Path, typer.Argument(help="A model.joblib, a folder with one, or an archive.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The archive to write.")] = Path("model.tar.gz"),
    sample: Annotated[
        Path | None, typer.Option(help="A CSV of rows to check the packed model on; the first become its example.")
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", metavar="NAME", help="A column's name, once for each column, in order."),
    ] = None,
    no_source: Annotated[
        bool, typer.Option("--no-source", help="Leave the estimator out of a compiled forest's archive.")
    ] = False,
    code: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of a serving script (inference.py) and its modules.")
    ] = None,
    entry_point: Annotated[
        str, typer.Option(metavar="FILE", help="The script in that folder, where it isn't inference.py.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Pack a fitted scikit-learn estimator, after checking that the packed one answers as it does.

    Unpickles MODEL: pack only files you trust. Example: coppice pack model.joblib -o model.tar.gz --sample rows.csv
    """
    from container.packing.pack import Code
    from container.packing.pack import pack as run

    if entry_point and code is None:
        raise UsageError("--entry-point names a file in --code DIR, which isn't given.", "Add --code DIR.")
    given = None if code is None else Code(code, entry_point)
    with contextlib.redirect_stdout(sys.stderr):  # what a script prints is for people; stdout is for the manifest
        manifest = run(model, output, sample, feature or (), not no_source, say, given)
    size = output.stat().st_size
    say(f"model {manifest.model_id} ({manifest.task}, {len(manifest.features)} columns) packed")
    for warning in manifest.warnings:
        say(f"WARNING: {warning}")
    if manifest.example is None and manifest.engine != "script":
        say("its answers were not checked, for lack of rows: --sample rows.csv gives some")
    say(f"{output}: {size / 1e6:,.1f} MB; next: coppice serve {output}")
    if as_json:
        emit(json.loads(manifest.to_json()))
