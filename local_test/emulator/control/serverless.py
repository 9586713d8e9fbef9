"""What a serverless variant may not be, and how many of them an account may have.

The limits and exclusions are documented; where AWS's words for a refusal aren't, they are ours.
"""

from __future__ import annotations

from typing import Any, Final

from local_test.emulator.errors import ServiceError, ValidationError
from local_test.emulator.store import Document, Key, Kind, Store

MEMORY_SIZES_MB: Final = (1024, 2048, 3072, 4096, 5120, 6144)
MAX_ENDPOINTS: Final = 50
BIG_REGIONS: Final = (
    "us-east-1", "us-east-2", "us-west-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "eu-central-1",
    "eu-west-1",
)  # fmt: skip
"""Where the account's concurrency is 1000; elsewhere it is 500."""
INSTANCE_MEMBERS: Final = (
    "InstanceType", "InitialInstanceCount", "InstancePools", "AcceleratorType", "ManagedInstanceScaling",
)  # fmt: skip
CONFIG_MEMBERS: Final = {
    "DataCaptureConfig": "Data capture",
    "AsyncInferenceConfig": "Asynchronous inference",
    "ExplainerConfig": "Explainability",
    "ShadowProductionVariants": "A shadow variant",
    "VpcConfig": "A VPC configuration",
    "EnableNetworkIsolation": "Network isolation",
}


class _Usage:
    """What a region's serverless endpoints take of the account's quotas."""

    def __init__(self, store: Store, region: str, except_for: str) -> None:
        taken = [
            concurrency
            for key, document in store.all(Kind.ENDPOINT, region)
            if key.name != except_for and (concurrency := _concurrency(store, region, document))
        ]
        self.endpoints = len(taken)
        self.concurrency = sum(taken)


def check_config(config: Document, models: list[Document]) -> None:
    """Raises ValidationException for a configuration with a serverless variant that can't be."""
    if not is_serverless(config):
        return
    if len(config["ProductionVariants"]) > 1:
        raise ValidationError("A serverless endpoint can have one production variant only.")
    variant = config["ProductionVariants"][0]
    given = [name for name in INSTANCE_MEMBERS if variant.get(name) is not None]
    if given:
        raise ValidationError(f"ServerlessConfig and {given[0]} cannot both be specified for a production variant.")
    for name, what in CONFIG_MEMBERS.items():
        if config.get(name):
            raise _unsupported(what)
    _check_sizes(variant["ServerlessConfig"])
    for model in models:
        _check_model(model)


def check_concurrency(maximum: int, provisioned: int | None) -> None:
    """Raises ValidationException where more is provisioned than may run."""
    if provisioned is not None and provisioned > maximum:
        raise ValidationError(
            f"ProvisionedConcurrency ({provisioned}) must be less than or equal to MaxConcurrency ({maximum})."
        )


def check_quotas(store: Store, endpoint: Key, maximum: int) -> None:
    """Raises ResourceLimitExceeded where the account has no room for an endpoint with this MaxConcurrency."""
    usage = _Usage(store, endpoint.region, endpoint.name)
    allowed = 1000 if endpoint.region in BIG_REGIONS else 500
    if usage.endpoints + 1 > MAX_ENDPOINTS:
        raise _exceeded("Number of serverless endpoints", MAX_ENDPOINTS, usage.endpoints, 1, "Endpoints")
    if usage.concurrency + maximum > allowed:
        what = "Maximum total concurrency that can be allocated across all serverless endpoints"
        raise _exceeded(what, allowed, usage.concurrency, maximum, "Concurrency")


def is_serverless(config: Document) -> bool:
    """Whether a configuration is of a serverless endpoint."""
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])


def max_concurrency(config: Document) -> int:
    """Of a serverless configuration; 0 of another."""
    return sum(variant.get("ServerlessConfig", {}).get("MaxConcurrency", 0) for variant in config["ProductionVariants"])


def _concurrency(store: Store, region: str, endpoint: Document) -> int:
    """What an endpoint takes: what is wanted of it, or what its configuration says before it has come up."""
    if endpoint["EndpointStatus"] == "Failed":
        return 0
    sizes = [
        variant.get("DesiredServerlessConfig") or variant.get("CurrentServerlessConfig")
        for variant in endpoint.get("ProductionVariants", [])
    ]
    if any(sizes):
        return sum(size["MaxConcurrency"] for size in sizes if size)
    config = store.get(Key(Kind.ENDPOINT_CONFIG, region, endpoint["EndpointConfigName"]))
    return max_concurrency(config) if config else 0


def _check_sizes(sizes: dict[str, Any]) -> None:
    if sizes["MemorySizeInMB"] not in MEMORY_SIZES_MB:
        raise ValidationError(
            f"1 validation error detected: Value '{sizes['MemorySizeInMB']}' at "
            "'productionVariants.1.member.serverlessConfig.memorySizeInMB' failed to satisfy constraint: Member must "
            f"satisfy enum value set: [{', '.join(map(str, MEMORY_SIZES_MB))}]"
        )
    check_concurrency(sizes["MaxConcurrency"], sizes.get("ProvisionedConcurrency"))


def _check_model(model: Document) -> None:
    if model.get("VpcConfig"):
        raise _unsupported("A VPC configuration")
    if model.get("EnableNetworkIsolation"):
        raise _unsupported("Network isolation")
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    if len(containers) > 1:
        raise _unsupported("An inference pipeline")
    if containers[0].get("Mode") == "MultiModel":
        raise _unsupported("A multi-model container")
    if "ModelDataSource" in containers[0]:
        raise _unsupported("ModelDataSource")
    if containers[0].get("ImageConfig", {}).get("RepositoryAccessMode") == "Vpc":
        raise _unsupported("A private Docker registry")


def _unsupported(what: str) -> ServiceError:
    return ValidationError(f"{what} is not supported for serverless endpoints.")


def _exceeded(what: str, limit: int, used: int, more: int, unit: str) -> ServiceError:
    return ServiceError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{what}' is {limit} {unit}, with current utilization of {used} {unit} and a "
        f"request delta of {more} {unit}. Please use AWS Service Quotas to request an increase for this quota. If AWS "
        "Service Quotas is not available, contact AWS support to request an increase for this quota.",
    )
