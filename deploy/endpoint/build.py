"""From settings to a Spec: what goes with what, every limit, and what AWS doesn't offer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.aws.s3 import S3Uri
from deploy.endpoint import limits
from deploy.endpoint.package import Named
from deploy.endpoint.settings import THE_DEFAULT, Settings
from deploy.endpoint.spec import Instances, Network, Range, Serverless, Spec
from deploy.errors import LimitError, NotSupported, UsageError

DEFAULT_MEMORY_MB: Final = 2048
DEFAULT_CONCURRENCY: Final = 5
"""As the SageMaker SDK's ServerlessInferenceConfig has them; the API has no defaults."""
_SERVERLESS_ONLY: Final = ("memory", "max-concurrency", "provisioned")
_INSTANCES_ONLY: Final = ("instances", "async", "subnets", "security-groups")
_WHY_NOT_SERVERLESS: Final = {
    "instances": "A serverless endpoint has no instances to count",
    "async": "A serverless endpoint can't answer asynchronously",
    "subnets": "A serverless endpoint can't be in a VPC",
    "security-groups": "A serverless endpoint can't be in a VPC",
}


def build(settings: Settings, instance_types: Callable[[], frozenset[str]]) -> Spec:
    """The endpoint that the settings ask for; raises UsageError for the first thing that can't be."""
    try:
        return _build(settings, instance_types)
    except LimitError as error:
        origin = settings.origin(error.message.split()[0].rstrip(":"))  # a breach starts with the setting's name
        if origin == THE_DEFAULT or origin.startswith("--"):
            raise
        raise LimitError(error.message, f"It is set by {origin}. {error.hint}".strip()) from None


def _build(settings: Settings, instance_types: Callable[[], frozenset[str]]) -> Spec:
    name = settings.need("name", "Give the endpoint one")
    limits.check_name(name)
    environment, tags = settings.get("env", {}), settings.get("tags", {})
    limits.check_environment(environment)
    limits.check_tags(tags)
    if environment.get("SAGEMAKER_MULTI_MODEL", "false").lower() != "false":
        raise NotSupported(
            "SAGEMAKER_MULTI_MODEL: Coppice serves one model an endpoint, and serverless endpoints allow no more.",
            "Deploy one endpoint a model: while nobody calls it, a serverless endpoint costs nothing.",
        )
    if settings.stage is not None:
        limits.check_tags({"stage": settings.stage})
    package = _package(settings)
    for key, check in (("image", limits.check_image), ("role", limits.check_role), ("bucket", limits.check_bucket)):
        if settings.get(key) is not None:
            check(settings.get(key))
    hosting = _hosting(settings, instance_types)
    return Spec(
        name=name,
        model=None if package else model_place(settings.need("model", "Name an archive; coppice pack writes one")),
        from_registry=package,
        image=None if package else settings.need("image", "Name one; coppice push prints its address"),
        role=settings.get("role"),
        bucket=settings.get("bucket"),
        hosting=hosting,
        scale_at=_scale_at(settings, hosting),
        network=_network(settings),
        environment=environment,
        tags=tags,
        stage=settings.stage,
    )


def model_place(text: str) -> Path | S3Uri:
    """Where an archive lies: a file here, or an object in S3; raises UsageError for what can't be an archive."""
    if "://" not in text:
        return Path(text)
    uri = S3Uri.parse(text, "model")
    if not uri.key or uri.key.endswith("/"):
        raise NotSupported(
            f"{text} is a prefix, which is what multi-model endpoints take; serverless endpoints have none of these.",
            "Name one archive: s3://BUCKET/PATH/model.tar.gz. An endpoint a model costs nothing while nobody calls.",
        )
    if not uri.key.endswith(".tar.gz"):
        raise UsageError(f"model takes an archive that ends in .tar.gz, as SageMaker does; this is {text}.")
    if len(text) > limits.URL_CHARS:
        raise LimitError(f"model takes an address of up to {limits.URL_CHARS} characters; this has {len(text):,}.")
    return uri


def _package(settings: Settings) -> str | None:
    """The registered package. It stands in for a model and an image that were set further down, for no others."""
    package: str | None = settings.get("from-registry")
    if package is None:
        return None
    for second in ("model", "image"):
        if settings.get(second) is not None and not settings.is_above("from-registry", second):
            raise NotSupported(
                f"from-registry ({settings.origin('from-registry')}) brings the model and the image, "
                f"so {second} ({settings.origin(second)}) can't go with it.",
                "Leave one of the two out.",
            )
    Named.parse(package)
    return package


def _scale_at(settings: Settings, hosting: Serverless | Instances) -> float | None:
    """What autoscaling holds, where there is something to scale between."""
    target: float | None = settings.get("scale-at")
    if target is None:
        return None
    moving = hosting.provisioned if isinstance(hosting, Serverless) else hosting.count
    if moving is None or not moving.scales:
        between = "--provisioned 1..4" if isinstance(hosting, Serverless) else "--instances 1..4"
        raise NotSupported(
            f"scale-at ({settings.origin('scale-at')}) is what autoscaling holds, and there is nothing to scale here.",
            f"Say between what: {between}; or leave it out.",
        )
    if isinstance(hosting, Serverless):
        limits.check_share(target)
    return target


def _hosting(settings: Settings, instance_types: Callable[[], frozenset[str]]) -> Serverless | Instances:
    kind = settings.get("instance-type")
    if kind is None:
        for key in _INSTANCES_ONLY:
            if settings.get(key) is not None:
                raise NotSupported(
                    f"{_WHY_NOT_SERVERLESS[key]} ({settings.origin(key)}).",
                    "Add --instance-type ml.m5.large for an endpoint on instances, or leave it out.",
                )
        serverless = Serverless(
            settings.get("memory", DEFAULT_MEMORY_MB),
            settings.get("max-concurrency", DEFAULT_CONCURRENCY),
            settings.get("provisioned"),
        )
        limits.check_serverless(serverless)
        return serverless
    for key in _SERVERLESS_ONLY:
        if settings.get(key) is not None:
            raise NotSupported(
                f"{key} ({settings.origin(key)}) is for serverless endpoints; "
                f"instance-type ({settings.origin('instance-type')}) asks for instances.",
                "Leave one of the two out.",
            )
    output = settings.get("async")
    instances = Instances(
        kind, settings.get("instances", Range(1, 1)), S3Uri.parse(output, "async") if output else None
    )
    limits.check_instances(instances, instance_types())
    return instances


def _network(settings: Settings) -> Network | None:
    subnets, groups = settings.get("subnets"), settings.get("security-groups")
    if subnets is None and groups is None:
        return None
    network = Network(subnets or (), groups or ())
    limits.check_network(network)
    return network
