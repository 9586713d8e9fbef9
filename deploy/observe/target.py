"""Which series of metrics an endpoint has: its variant's, and by its kind."""

from __future__ import annotations

from typing import NamedTuple

from deploy.aws.describe import Denied, Describe
from deploy.endpoint.names import VARIANT
from deploy.endpoint.running import Kind, Running, not_found


class Target(NamedTuple):
    """The (first) variant, the kind of endpoint, and whether a part of its concurrency is provisioned."""

    variant: str
    kind: Kind
    provisioned: bool


def look(describe: Describe, name: str, region: str) -> Target:
    """What is known of an endpoint; where it may not be looked at, what Coppice makes of every one.

    Raises EndpointNotFound.
    """
    try:
        described = describe.endpoint(name)
    except Denied:
        return Target(VARIANT, Kind.serverless, provisioned=True)
    if described is None:
        raise not_found(name, region, describe.names())
    running = Running.read(described)
    variant = running.variants[0]["VariantName"] if running.variants else VARIANT
    return Target(variant, running.kind, bool((running.serverless or {}).get("ProvisionedConcurrency")))
