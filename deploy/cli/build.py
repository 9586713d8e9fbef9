"""`coppice build`: the image, as SageMaker takes it."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from container import __version__
from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, environment
from deploy.errors import UsageError

CHECKOUT = Path(__file__).parents[2]
BUILD_FLAGS = "--network host"
"""What docker build is given besides, unless the variable BUILD_FLAGS says otherwise: as in the Makefile."""


class Target(StrEnum):
    """The images that the Dockerfile holds."""

    full = "full"
    slim = "slim"


Tag = Annotated[str | None, typer.Argument(metavar="[TAG]", help="By default the version and the commit.")]


def build(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="By default coppice, or coppice-slim.")] = None,
    tag: Tag = None,
    target: Annotated[Target, typer.Option(help="slim serves compiled forests only.")] = Target.full,
    build_arg: Annotated[
        list[str] | None, typer.Option("--build-arg", metavar="K=V", help="A build argument of the Dockerfile's.")
    ] = None,
    context: Annotated[
        Path, typer.Option(help="The folder with the Dockerfile; by default Coppice's checkout.", show_default=False)
    ] = CHECKOUT,
    as_json: AsJson = False,
) -> None:
    """Build the image for linux/amd64, in the one form that SageMaker takes.

    BASE_IMAGE and BUILD_FLAGS are passed on. Example: coppice build coppice 1.0
    """
    from deploy.image import names
    from deploy.image.build import Build, run
    from deploy.image.docker import Docker

    revision = names.revision(context)
    name = name or ("coppice" if target is Target.full else "coppice-slim")
    image = names.checked(name, tag or names.default_tag(__version__, revision))
    env = environment()
    base = {"BASE_IMAGE": env["BASE_IMAGE"]} if env.get("BASE_IMAGE") else {}
    arguments = {"VERSION": __version__, "REVISION": revision} | base | _pairs(build_arg or ())
    flags = tuple(shlex.split(env.get("BUILD_FLAGS", BUILD_FLAGS)))
    say(f"building {image} from {context}")
    built = run(Build(image, context, target.value, arguments, flags), Docker(), say)
    say(f"next: coppice push {image.replace(':', ' ')}")
    if as_json:
        emit({"image": image, "id": built.id, "platform": built.platform, "bytes": built.bytes, "target": target})
    else:
        typer.echo(image)


def _pairs(given: list[str] | tuple[()]) -> dict[str, str]:
    for pair in given:
        if not pair.partition("=")[0] or "=" not in pair:
            raise UsageError(f"--build-arg takes NAME=VALUE; this is {pair!r}.")
    return dict(pair.split("=", 1) for pair in given)
