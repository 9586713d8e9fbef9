"""`coppice inspect`: what is in a model, without unpickling it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from container.artifact.manifest import Manifest
from container.artifact.store import CODE_DIR, Artifact, open_model
from container.errors import ArtifactError
from deploy.cli.console import emit

_SCRIPTS: Final = "only the script knows"


class Example(StrEnum):
    """How to print the model's example rows."""

    csv = "csv"
    json = "json"


def inspect(
    model: Annotated[Path, typer.Argument(help="A folder, an archive or a model file.")],
    example: Annotated[
        Example | None, typer.Option(help="Print only the example rows, as a body to POST to /invocations.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Show what a model is, takes and answers, after checking its files against their hashes.

    Example: coppice inspect model.tar.gz
    """
    with open_model(model) as artifact:
        manifest = artifact.manifest
        if manifest is None:
            raise ArtifactError(
                f"{artifact.model_file} comes without a manifest, so nothing is known of it without unpickling it.",
                f"Write one: coppice pack {model} -o model.tar.gz",
            )
        for name in manifest.files:
            artifact.verify(name)
        if example is not None:
            typer.echo(_example(manifest, example), nl=False)
        elif as_json:
            emit(json.loads(manifest.to_json()))
        else:
            typer.echo(_summary(manifest, _hooks(artifact)))


def _hooks(artifact: Artifact) -> str:
    """What the script does itself, told without running it."""
    from container.inference.script.source import hooks_in

    if artifact.manifest is None or not artifact.manifest.script:
        return ""
    return ", ".join(hooks_in(artifact.directory / CODE_DIR / artifact.manifest.script))


def _example(manifest: Manifest, form: Example) -> str:
    if manifest.example is None:
        raise ArtifactError("This model was packed without an example.", "Pack it with --sample rows.csv.")
    schema, rows = manifest.schema, manifest.example.rows
    if form is Example.json:
        instances = [dict(zip(schema.names, row, strict=True)) if schema.named else list(row) for row in rows]
        return json.dumps({"instances": instances}, indent=2, ensure_ascii=False) + "\n"
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if schema.named:
        writer.writerow(schema.names)
    writer.writerows(rows)
    return out.getvalue()


def _columns(manifest: Manifest) -> str:
    if not manifest.features:
        return _SCRIPTS
    columns = ", ".join(f"{feature.name or '-'} ({feature.dtype})" for feature in manifest.features)
    return f"{len(manifest.features)}: {columns}"


def _summary(manifest: Manifest, hooks: str) -> str:
    lines = [
        f"model      {manifest.model_id}",
        f"task       {manifest.task}",
        f"engine     {manifest.engine}",
        f"columns    {_columns(manifest)}",
        f"answers    {', '.join(manifest.outputs) or _SCRIPTS}",
        *([f"script     {CODE_DIR}/{manifest.script} ({hooks})"] if manifest.script else []),
        *(f"WARNING    {warning}" for warning in manifest.warnings),
    ]
    for output, classes in zip(manifest.outputs, manifest.classes or (), strict=False):
        lines.append(f"classes    {output}: {', '.join(map(str, classes))}")
    for name, value in (manifest.metrics or {}).items():
        lines.append(f"metric     {name} {value:.6g}")
    for name, entry in manifest.files.items():
        lines.append(f"file       {name}, {entry.bytes:,} bytes, sha256 {entry.sha256[:12]}… (checked)")
    lines.append("made with  " + ", ".join(f"{name} {version}" for name, version in manifest.versions.items()))
    lines.append(f"format     {manifest.format_version}")
    if manifest.example:
        for row, answer in zip(manifest.example.rows, manifest.example.predictions, strict=True):
            lines.append(f"example    {json.dumps(row, ensure_ascii=False)} → {json.dumps(answer, ensure_ascii=False)}")
    return "\n".join(lines)
