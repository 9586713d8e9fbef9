"""An endpoint as SageMaker describes it: its state, and what kind of endpoint it is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from deploy.errors import DeployError

SERVING: Final = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")
"""The states in which an endpoint answers."""


class Kind(StrEnum):
    """How an endpoint runs."""

    serverless = "serverless"
    real_time = "real-time"
    asynchronous = "asynchronous"


@dataclass(frozen=True)
class Running:
    """What DescribeEndpoint says. `variants` and `asynchronous` are its own documents."""

    name: str
    arn: str
    status: str
    failure_reason: str
    config: str
    variants: tuple[Mapping[str, Any], ...]
    asynchronous: Mapping[str, Any] | None
    created: str
    changed: str

    @classmethod
    def read(cls, described: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> Running:
        """From DescribeEndpoint's answer; times become ISO 8601.

        `config`, from DescribeEndpointConfig, knows what the endpoint leaves out while it is created (and moto always).
        """
        return cls(
            name=described["EndpointName"],
            arn=described["EndpointArn"],
            status=described["EndpointStatus"],
            failure_reason=described.get("FailureReason") or "",
            config=described.get("EndpointConfigName") or "",
            variants=tuple(described.get("ProductionVariants") or (config or {}).get("ProductionVariants") or ()),
            asynchronous=described.get("AsyncInferenceConfig") or (config or {}).get("AsyncInferenceConfig"),
            created=described["CreationTime"].isoformat(timespec="seconds"),
            changed=described["LastModifiedTime"].isoformat(timespec="seconds"),
        )

    @property
    def kind(self) -> Kind:
        """Serverless where a variant says so; while an endpoint is created none may say anything yet."""
        if self.asynchronous:
            return Kind.asynchronous
        return Kind.serverless if self.serverless else Kind.real_time

    @property
    def serverless(self) -> Mapping[str, int] | None:
        """The serverless settings in force, or else those that will be; None for an endpoint on instances."""
        for variant in self.variants:
            for name in ("CurrentServerlessConfig", "DesiredServerlessConfig", "ServerlessConfig"):
                if variant.get(name):
                    return {key: int(value) for key, value in variant[name].items() if value is not None}
        return None


class EndpointNotFound(DeployError):
    """There is no endpoint of that name."""

    code = "endpoint_not_found"


def not_found(name: str, region: str, names: Iterable[str]) -> EndpointNotFound:
    """The error for a name that no endpoint has; `names` are those there are, and come nearest first."""
    names = sorted(names)
    near = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
    there = [*near, *(other for other in names if other not in near)]
    shown = ", ".join(there[:10]) + (f" and {len(there) - 10} more" if len(there) > 10 else "")
    return EndpointNotFound(
        f"There is no endpoint {name!r} in {region}.",
        (f"There are: {shown}\n" if there else "")
        + f"See them all: coppice status; make this one: coppice deploy --name {name} --model model.tar.gz",
    )
