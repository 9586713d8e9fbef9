"""Where a call goes: the endpoint is looked at first, so that what can't answer is said before anything is sent."""

from __future__ import annotations

from deploy.aws.describe import Denied, Describe
from deploy.endpoint.running import SERVING, Kind, Running, not_found
from deploy.errors import Busy, DeployError, EndpointFailed


def look(describe: Describe, name: str, region: str) -> Running | None:
    """The endpoint, able to answer; None where these credentials may call but not look.

    Raises EndpointNotFound, Busy while it is being created, and EndpointFailed.
    """
    try:
        described = describe.endpoint(name)
        if described is None:
            raise not_found(name, region, describe.names())
        running = Running.read(described)
        if running.kind is Kind.real_time:
            running = Running.read(described, describe.config(running.config))
    except Denied:
        return None
    if running.status in SERVING:
        return running
    if running.status == "Creating":
        raise Busy(f"{name} is still being created.", f"Watch it: coppice status {name}")
    if running.status == "Failed":
        raise EndpointFailed(
            f"{name} failed: {running.failure_reason or 'no reason was given'}", f"See why: coppice logs {name}"
        )
    raise DeployError(f"{name} can't be called: it is {running.status}.", f"See more: coppice status {name}")
