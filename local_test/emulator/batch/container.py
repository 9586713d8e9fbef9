"""The container of a job's model."""

from __future__ import annotations

from typing import Any, NamedTuple

from local_test.emulator.store import Document, Key, Kind, Store


class NoContainer(Exception):
    """There is none to run; the message is the job's FailureReason."""


class Container(NamedTuple):
    """What CreateModel named."""

    image: str
    model_url: str | None
    environment: dict[str, str]


def of_model(store: Store, region: str, name: str) -> Container:
    """The container of a model, or of the model package that it names. Raises NoContainer."""
    model = store.get(Key(Kind.MODEL, region, name))
    if model is None:
        raise NoContainer(f'ClientError: Could not find model "{name}".')
    containers = [model["PrimaryContainer"]] if "PrimaryContainer" in model else model.get("Containers", [])
    if len(containers) != 1:
        raise NoContainer("ClientError: coppice local runs models of one container.")
    found: dict[str, Any] = containers[0]
    package = found.get("ModelPackageName")
    if package is not None:
        found = {**_of_package(store, region, package), "Environment": found.get("Environment", {})}
    return Container(found["Image"], found.get("ModelDataUrl"), found.get("Environment", {}))


def _of_package(store: Store, region: str, name: str) -> Document:
    for key, package in store.all(Kind.MODEL_PACKAGE, region):
        if name in (key.name, package.get("ModelPackageArn"), package.get("ModelPackageName")):
            containers = package.get("InferenceSpecification", {}).get("Containers", [])
            if containers:
                return dict(containers[0])
    raise NoContainer(f'ClientError: Could not find model package "{name}".')
