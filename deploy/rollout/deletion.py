"""What of ours belongs to an endpoint, by tags and the record, and the steps that remove it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from typing import Any

from deploy.aws import tags
from deploy.aws.s3 import S3, S3Uri
from deploy.aws.sagemaker import CHANGING, SageMaker
from deploy.endpoint.names import artifact_prefix, prefix
from deploy.errors import UsageError
from deploy.rollout import steps
from deploy.rollout.current import Current
from deploy.rollout.plan import Plan
from deploy.rollout.record import Record
from deploy.rollout.steps import Made
from deploy.rollout.wait import await_gone, await_settled


@dataclass(frozen=True)
class Owned:
    """Everything of ours that belongs to one endpoint. `shared` are archives and images that others use, too."""

    configs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


def find(current: Current, record: Record, bucket: str, sagemaker: SageMaker, s3: S3) -> Owned:
    """Look for it; reads only."""
    made = record.made
    configs = _ours(
        current.name,
        sagemaker.configs(prefix(current.name)),
        ("EndpointConfigName", "EndpointConfigArn"),
        [thing.name for thing in made if thing.kind == "config"],
        sagemaker,
    )
    models = _ours(
        current.name,
        sagemaker.models(prefix(current.name)),
        ("ModelName", "ModelArn"),
        [thing.name for thing in made if thing.kind == "model"],
        sagemaker,
    )
    containers = [_container(sagemaker, model) for model in models]
    ours = artifact_prefix(current.name)
    objects = {thing.name for thing in made if thing.kind == "object"}
    objects |= {url for _, url in containers if url and S3Uri.parse(url).key.startswith(ours)}
    for place in {S3Uri.parse(uri).bucket for uri in objects} | {bucket}:
        if s3.bucket_exists(place):
            objects |= {str(S3Uri(place, key)) for key in s3.keys(S3Uri(place, ours))}
    images = {image for image, _ in containers if "@" in image} | {
        thing.name for thing in made if thing.kind == "image"
    }
    return Owned(configs, models, tuple(sorted(objects)), tuple(sorted(images)))


def spare(owned: Owned, registered: Set[str], sagemaker: SageMaker) -> Owned:
    """The same, with the archives and images apart that others use: any other model of the account, which costs a call
    each, or a version in the model registry. `registered` are the addresses of the archives of these."""
    others = [_container(sagemaker, other) for other in _others(sagemaker, owned.models)]
    folders = {_folder(uri) for uri in registered | {url for _, url in others}}
    images = [image for image in owned.images if image in {used for used, _ in others}]
    objects = [uri for uri in owned.objects if _folder(uri) in folders]
    return replace(
        owned,
        objects=tuple(uri for uri in owned.objects if uri not in objects),
        images=tuple(image for image in owned.images if image not in images),
        shared=(*images, *objects),
    )


def _ours(
    name: str, listed: Iterator[dict[str, Any]], keys: tuple[str, str], recorded: list[str], sagemaker: SageMaker
) -> tuple[str, ...]:
    """Names that begin as this endpoint's do and are recorded, or tagged with it."""
    return tuple(
        entry[keys[0]]
        for entry in listed
        if entry[keys[0]].startswith(prefix(name))
        and (entry[keys[0]] in recorded or sagemaker.tags(entry[keys[1]]).get(tags.ENDPOINT) == name)
    )


def _container(sagemaker: SageMaker, model: str) -> tuple[str, str]:
    container = (sagemaker.model(model) or {}).get("PrimaryContainer", {})
    return container.get("Image", ""), container.get("ModelDataUrl", "")


def _folder(uri: str) -> str:
    return uri.rpartition("/")[0]


def _others(sagemaker: SageMaker, models: tuple[str, ...]) -> Iterator[str]:
    return (entry["ModelName"] for entry in sagemaker.models() if entry["ModelName"] not in models)


def plan(current: Current, owned: Owned, record: Record, everything: bool) -> Plan:
    """The plan; raises UsageError for an endpoint that isn't ours."""
    name = current.name
    if current.exists and not current.ours and Made("endpoint", name) not in record.made:
        raise UsageError(
            f"Coppice didn't make the endpoint {name}, so it doesn't delete it.",
            f"If you mean it: aws sagemaker delete-endpoint --endpoint-name {name}",
        )
    planned = []
    if current.exists:
        variant = current.variant.get("VariantName") or current.configured.get("VariantName", "")
        if current.status in CHANGING:  # nothing can be deleted meanwhile
            planned.append(await_settled(name))
        planned += [steps.remove_scaling(name, scaling.dimension, variant) for scaling in current.scaling]
        planned += [steps.delete(Made("endpoint", name)), await_gone(name)]
    planned += [steps.delete(Made("config", config)) for config in owned.configs]
    planned += [steps.delete(Made("model", model)) for model in owned.models]
    kept = [f"{thing}, which other models use" for thing in owned.shared]
    if everything:
        planned += [steps.delete(Made("object", uri)) for uri in owned.objects]
        planned += [steps.delete(Made("image", uri)) for uri in owned.images]
    else:
        kept = [*owned.objects, *owned.images, *kept]
    return Plan(name, tuple(planned), tuple(kept))
