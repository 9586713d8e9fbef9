"""How a running endpoint's variants are described: ProductionVariants of DescribeEndpoint."""

from __future__ import annotations

import time
from typing import Any

from local_test.emulator.aws import Aws
from local_test.emulator.hosting.plan import Plan, Variant


class Images:
    """Which digest a tag stands for, as ECR says."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def resolved(self, region: str, image: str) -> str | None:
        """REGISTRY/REPOSITORY@DIGEST; None where ECR doesn't know the image."""
        if "@" in image:
            return image
        registry, _, rest = image.partition("/")
        repository, _, tag = rest.partition(":")
        if not rest:
            return None
        ecr = self._aws.client("ecr", region)
        try:
            answer = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag or "latest"}])
        except ecr.exceptions.ClientError:
            return None
        return f"{registry}/{repository}@{answer['imageDetails'][0]['imageDigest']}"


def summaries(plan: Plan) -> list[dict[str, Any]]:
    """The ProductionVariantSummary of each variant."""
    return [_summary(variant) for variant in plan.variants]


def _summary(variant: Variant) -> dict[str, Any]:
    deployed = {"SpecifiedImage": variant.image, "ResolutionTime": time.time()}
    if variant.resolved is not None:
        deployed["ResolvedImage"] = variant.resolved
    summary = {
        "VariantName": variant.name,
        "DeployedImages": [deployed],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
    }
    if variant.memory_mb is None:
        return summary | {"CurrentInstanceCount": variant.instances, "DesiredInstanceCount": variant.instances}
    serverless = {"MemorySizeInMB": variant.memory_mb, "MaxConcurrency": variant.max_concurrency}
    if variant.provisioned:
        serverless["ProvisionedConcurrency"] = variant.provisioned
    return summary | {
        "CurrentInstanceCount": 0,
        "CurrentServerlessConfig": serverless,
        "DesiredServerlessConfig": serverless,
    }
