"""The steps a plan is made of. Each says what it does, names what it makes, and can be done again without harm.

What a step works with comes in as Hands when it is its turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from deploy.aws import tags
from deploy.aws.autoscaling import AutoScaling, Scaling
from deploy.aws.ecr import ECR
from deploy.aws.s3 import S3, S3Uri
from deploy.aws.sagemaker import SageMaker
from deploy.endpoint.artifact import Archive
from deploy.endpoint.deployment import Deployment
from deploy.endpoint.names import VARIANT

Update = Callable[[str], None]
UPDATE: Final = "update-endpoint"
AWAIT: Final = "await-service"


@dataclass(frozen=True)
class Hands:
    """What steps work with. `invoke` sends an endpoint a JSON body, and returns the answer's media type and bytes."""

    sagemaker: SageMaker
    s3: S3
    ecr: ECR
    autoscaling: AutoScaling
    invoke: Callable[[str, bytes], tuple[str, bytes]]
    log_lines: Callable[[str], list[str]]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Made(NamedTuple):
    """What a step makes or removes, for the record: a kind and a name."""

    kind: str
    name: str


@dataclass(frozen=True)
class Step:
    """One step. `verb` is how a plan shows it: + makes, ~ changes, - removes, and a blank for the rest.

    `apply` may return what came of it, in a line. What it `makes` is recorded before it is tried, so that nothing is
    forgotten; what it `removes` is struck off afterwards.
    """

    kind: str
    title: str
    apply: Callable[[Hands, Update], str | None] = field(compare=False, repr=False)
    verb: str = " "
    makes: Made | None = None
    removes: Made | None = None


def create_bucket(bucket: str) -> Step:
    """A bucket for archives."""
    return Step("create-bucket", f"create bucket {bucket}", lambda hands, _: hands.s3.create_bucket(bucket), "+")


def upload(file: Path, archive: Archive, labels: Mapping[str, str]) -> Step:
    """The archive, under its hash."""
    return Step(
        "upload",
        f"upload {file.name}, {file.stat().st_size / 1e6:,.1f} MB, to bucket {archive.uri.bucket}",
        lambda hands, _: hands.s3.upload(file, archive.uri, urlencode(labels)),
        "+",
        makes=Made("object", str(archive.uri)),
    )


def create_model(request: Mapping[str, Any]) -> Step:
    """A model: image, archive, environment, role."""

    def apply(hands: Hands, _: Update) -> None:
        hands.sagemaker.create_model(request)

    name = request["ModelName"]
    return Step("create-model", f"create model {name}", apply, "+", makes=Made("model", name))


def create_config(request: Mapping[str, Any], hosting: str) -> Step:
    """An endpoint configuration: a model and how it is hosted."""

    def apply(hands: Hands, _: Update) -> None:
        hands.sagemaker.create_config(request)

    name = request["EndpointConfigName"]
    return Step("create-config", f"create configuration {name}: {hosting}", apply, "+", makes=Made("config", name))


def create_endpoint(endpoint: str, config: str, labels: Mapping[str, str]) -> Step:
    """The endpoint."""

    def apply(hands: Hands, _: Update) -> None:
        hands.sagemaker.create_endpoint(endpoint, config, labels)

    return Step("create-endpoint", f"create endpoint {endpoint}", apply, "+", makes=Made("endpoint", endpoint))


def update_endpoint(endpoint: str, config: str) -> Step:
    """Another configuration; the old one serves until the new one does."""
    return Step(
        UPDATE,
        f"update endpoint {endpoint} to {config}",
        lambda hands, _: hands.sagemaker.update_endpoint(endpoint, config),
        "~",
    )


def update_capacity(endpoint: str, desired: Mapping[str, Any], change: str) -> Step:
    """Concurrency or the number of instances, with the configuration left as it is."""
    return Step(
        "update-capacity", f"change {change}", lambda hands, _: hands.sagemaker.update_variant(endpoint, desired), "~"
    )


def retag(
    endpoint: str,
    labels: Mapping[str, str],
    stale: tuple[str, ...],
    running: Deployment,
    previous: Deployment | None,
) -> Step:
    """The endpoint's tags: a person's own, what runs, and (unless that is unchanged) what ran before."""
    wanted = {**labels, tags.CONFIG: running.to_tag(), **({tags.PREVIOUS: previous.to_tag()} if previous else {})}

    def apply(hands: Hands, _: Update) -> None:
        found = hands.sagemaker.endpoint(endpoint)
        if found is not None:
            hands.sagemaker.add_tags(found["EndpointArn"], wanted)
            if stale:
                hands.sagemaker.remove_tags(found["EndpointArn"], list(stale))

    return Step("tag", f"tag endpoint {endpoint}", apply, "~")


def set_scaling(endpoint: str, scaling: Scaling) -> Step:
    """Autoscaling."""
    return Step(
        "set-scaling",
        f"scale {scaling}",
        lambda hands, _: hands.autoscaling.set(endpoint, VARIANT, scaling),
        "~",
        makes=Made("scaling", scaling.dimension),
    )


def remove_scaling(endpoint: str, dimension: str, variant: str = VARIANT) -> Step:
    """No autoscaling any more."""
    return Step(
        "remove-scaling",
        f"remove autoscaling of {dimension.rpartition(':')[2]}",
        lambda hands, _: hands.autoscaling.remove(endpoint, variant, dimension),
        "-",
        removes=Made("scaling", dimension),
    )


def delete(what: Made) -> Step:
    """One thing of ours: an endpoint, config, model, object or image."""

    def apply(hands: Hands, _: Update) -> None:
        {
            "endpoint": hands.sagemaker.delete_endpoint,
            "config": hands.sagemaker.delete_config,
            "model": hands.sagemaker.delete_model,
            "object": lambda uri: hands.s3.delete(S3Uri.parse(uri)),
            "image": hands.ecr.delete_image,
        }[what.kind](what.name)

    called = {"config": "configuration"}.get(what.kind, what.kind)
    return Step(f"delete-{what.kind}", f"delete {called} {what.name}", apply, "-", removes=what)
