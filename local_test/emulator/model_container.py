"""What of a model is run: the container that CreateModel wrote down, with a model package's members in it by then."""

from __future__ import annotations

from typing import NamedTuple

from local_test.emulator.arns import arn
from local_test.emulator.store import Document, Key, Store


class NoContainer(Exception):
    """There is none that can be run; the message is for a FailureReason."""


class Container(NamedTuple):
    """The only one of a model."""

    image: str
    model_url: str | None
    environment: dict[str, str]


def container_of(store: Store, model: Key) -> Container:
    """The container of a model. Raises NoContainer."""
    document = store.get(model)
    if document is None:
        raise NoContainer(f'Could not find model "{arn(model)}".')
    containers = [document["PrimaryContainer"]] if "PrimaryContainer" in document else document["Containers"]
    if len(containers) > 1:
        raise NoContainer(f"coppice local runs models of one container; {model.name} has {len(containers)}.")
    [found] = containers
    return Container(found["Image"], _model_url(found), found.get("Environment", {}))


def _model_url(container: Document) -> str | None:
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return container.get("ModelDataUrl")
    if source.get("CompressionType") != "Gzip":
        raise NoContainer("coppice local unpacks model.tar.gz; it doesn't serve uncompressed model data.")
    url: str = source["S3Uri"]
    return url
