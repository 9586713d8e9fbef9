"""`coppice serve`: the image's `serve` program, on a laptop."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.console import say
from deploy.errors import UsageError

if TYPE_CHECKING:
    from container.artifact.manifest import Manifest
    from container.settings import Settings


def serve(
    model: Annotated[Path, typer.Argument(help="A folder, an archive or a model file.")],
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    code: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Serve with the script in this folder (inference.py).")
    ] = None,
    entry_point: Annotated[str, typer.Option(metavar="FILE", help="The script, where it isn't inference.py.")] = "",
    profile_start: Annotated[
        bool, typer.Option("--profile-start", help="First say what a cold start of it is made of.")
    ] = False,
) -> None:
    """Serve a model behind /ping and /invocations, with a page to try it on.

    Listens to the same environment variables as the container. Example: coppice serve model.tar.gz --port 8080
    """
    from container.artifact.store import open_model
    from container.server.launch import serve as run
    from container.settings import Settings

    settings = Settings.from_environment({**os.environ, "COPPICE_PAGE": os.environ.get("COPPICE_PAGE") or "on"})
    if port is not None:
        settings = settings._replace(port=port)
    if code is not None:
        if not code.exists() or code.suffix == ".py":
            raise UsageError(
                f"--code {code} is {'a file' if code.exists() else 'nothing that is there'}.",
                "Name the folder that the script is in: --code DIR --entry-point FILE",
            )
        settings = settings._replace(submit_directory=str(code.resolve()))
    if entry_point:
        settings = settings._replace(program=entry_point)

    def announce(bound: int) -> None:
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{bound}"  # noqa: S104 - compared, not bound
        say(f"Serving {model} at {address} (Ctrl-C stops it)")
        if settings.page:
            say(f"  page   {address}/")
        say(f"  try    {curl(address, None if settings.submit_directory or settings.program else manifest)}")

    manifest: Manifest | None = None
    if model.is_dir() or model.suffix not in (".joblib", ".pkl", ".pickle"):
        with open_model(model, scripted=bool(settings.submit_directory)) as artifact:
            manifest = artifact.manifest
            if profile_start:
                _profile(artifact.directory, manifest, settings)
    elif profile_start:
        _profile(model, None, settings)
    run(model, settings, host, announce)


def _profile(model: Path, manifest: Manifest | None, settings: Settings) -> None:
    from deploy.aws.invocation import Call
    from deploy.invoke.start import lines, profile

    script = {"SAGEMAKER_PROGRAM": settings.program, "SAGEMAKER_SUBMIT_DIRECTORY": settings.submit_directory}
    call = None
    if manifest is not None and manifest.example is not None and not manifest.script and not any(script.values()):
        body = json.dumps({"instances": [list(row) for row in manifest.example.rows[:1]]})
        call = Call(body.encode(), "application/json")
    for line in lines(profile(model, dict(os.environ) | script, call)):
        say(line)


def curl(address: str, manifest: object) -> str:
    """A command line that gets predictions."""
    from container.artifact.manifest import Manifest

    # Only a script knows what its body is.
    if not isinstance(manifest, Manifest) or manifest.example is None or manifest.script:
        return f"curl {address}/ping"
    rows = [list(row) for row in manifest.example.rows[:1]]
    body = shlex.quote(json.dumps({"instances": rows}))
    return f"curl {address}/invocations -H 'Content-Type: application/json' -d {body}"
