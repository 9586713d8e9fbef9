"""An endpoint's variants: which of their properties an update keeps, and which weights and capacities they may have."""

from __future__ import annotations

from typing import Any

from local_test.emulator.control import serverless
from local_test.emulator.errors import ValidationError
from local_test.emulator.store import Document


def retained(endpoint: Document, members: dict[str, Any]) -> dict[str, Document]:
    """By variant: what RetainAllVariantProperties keeps, without ExcludeRetainedVariantProperties."""
    excluded = {excluded["VariantPropertyType"] for excluded in members.get("ExcludeRetainedVariantProperties", [])}
    kept = {"DesiredWeight", "DesiredInstanceCount"} - excluded
    return {
        variant["VariantName"]: {name: variant[name] for name in sorted(kept) if name in variant}
        for variant in endpoint.get("ProductionVariants", [])
    }


def check(endpoint: Document, wanted: list[Document]) -> int:
    """The endpoint's MaxConcurrency afterwards. Raises ValidationException for what its variants can't be.

    The words are AWS's where a variant isn't there or comes twice, and ours elsewhere.
    """
    variants = {variant["VariantName"]: variant for variant in endpoint.get("ProductionVariants", [])}
    for change in wanted:
        if change["VariantName"] not in variants:
            raise ValidationError(
                f'The variant name(s) "{change["VariantName"]}" is/are not present within endpoint configuration '
                f'"{endpoint["EndpointConfigName"]}".'
            )
        if [other["VariantName"] for other in wanted].count(change["VariantName"]) > 1:
            raise ValidationError(f'The variant name "{change["VariantName"]}" was non-unique within the request.')
    changes = {change["VariantName"]: change for change in wanted}
    if "AsyncInferenceConfig" not in endpoint and any(change.get("DesiredInstanceCount") == 0 for change in wanted):
        raise ValidationError("DesiredInstanceCount can be 0 for asynchronous endpoints only.")
    return sum(_check_variant(variant, changes.get(name, {})) for name, variant in variants.items())


def _check_variant(variant: Document, change: Document) -> int:
    name = variant["VariantName"]
    current = variant.get("DesiredServerlessConfig") or variant.get("CurrentServerlessConfig")
    if current is None:
        if "ServerlessUpdateConfig" in change:
            raise ValidationError(f"ServerlessUpdateConfig is not supported for variant {name}: it has instances.")
        return 0
    if "DesiredInstanceCount" in change:
        raise ValidationError(f"DesiredInstanceCount is not supported for serverless variant {name}.")
    sizes = {**current, **change.get("ServerlessUpdateConfig", {})}
    serverless.check_concurrency(sizes["MaxConcurrency"], sizes.get("ProvisionedConcurrency"))
    maximum: int = sizes["MaxConcurrency"]
    return maximum
