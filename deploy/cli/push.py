"""`coppice push`: the image into ECR; the digest that deploys comes back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from container import __version__
from deploy.cli.build import CHECKOUT, Tag
from deploy.cli.console import emit, say
from deploy.cli.context import AsJson, Profile, Region, environment, session

if TYPE_CHECKING:
    from deploy.image.registry import Registry


def push(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The image, and ECR's repository.")] = "coppice",
    tag: Tag = None,
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Check the image, push it to ECR and print its digest URI, which is what gets deployed.

    The repository is created if needed. Example: coppice push coppice 1.0
    """
    from deploy.image import names
    from deploy.image.docker import Docker
    from deploy.image.push import Push
    from deploy.image.serve import ServeCheck

    image = names.checked(name, tag or names.default_tag(__version__, names.revision(CHECKOUT)))
    registry = _registry(image, region, profile)
    docker = Docker()
    done = Push(docker, registry, ServeCheck(docker), say).run(image)
    say(f"next: coppice deploy --name NAME --model model.tar.gz --image {done.uri}")
    if as_json:
        emit(dataclasses.asdict(done))
    else:
        typer.echo(done.uri)


def _registry(image: str, region: str | None, profile: str | None) -> Registry:
    from deploy.aws import tags
    from deploy.aws.ecr import ECR
    from deploy.image.registry import EcrRegistry, PlainRegistry

    host = environment().get("COPPICE_REGISTRY")
    if host:
        say(f"{image} → {host}, as COPPICE_REGISTRY says")
        return PlainRegistry(host)
    aws = session(region, profile)
    say(f"{image} → ECR, account {aws.account}, {aws.region}")
    return EcrRegistry(ECR(aws), {tags.VERSION: __version__})
