"""The role that SageMaker runs the endpoint with."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, Protocol

from deploy.endpoint import limits
from deploy.endpoint.names import DEFAULT_ROLE
from deploy.errors import Missing

SERVICE: Final = "sagemaker.amazonaws.com"


class Roles(Protocol):
    """Where roles are looked up."""

    def find(self, name: str) -> tuple[str, Mapping[str, Any]] | None:
        """A role's ARN and trust policy, or None."""


def resolve(text: str | None, roles: Roles) -> str:
    """The ARN of a role: an ARN as it is, a name looked up, none given: the default's. Raises Missing, LimitError."""
    name = text or DEFAULT_ROLE
    limits.check_role(name)
    if ":" in name:
        return name
    found = roles.find(name)
    if found is None:
        raise Missing(
            f"There is no role {name!r} for SageMaker to run the endpoint with.",
            f'Make it: aws iam create-role --role-name {name} --assume-role-policy-document "$(coppice policy trust)"\n'
            f"         aws iam put-role-policy --role-name {name} --policy-name coppice "
            '--policy-document "$(coppice policy execution)"\n'
            "or name one that there is: --role ARN",
        )
    arn, trust = found
    if not trusts(trust):
        raise Missing(
            f"SageMaker may not assume the role {name!r}: its trust policy doesn't name {SERVICE}.",
            f"Mend it: aws iam update-assume-role-policy --role-name {name} "
            '--policy-document "$(coppice policy trust)"',
        )
    return arn


def trusts(policy: Mapping[str, Any]) -> bool:
    """Whether a trust policy lets SageMaker assume its role. Conditions are AWS's to judge."""
    statements = [entry for entry in _several(policy.get("Statement")) if _names_sagemaker(entry)]
    effects = {entry.get("Effect") for entry in statements}
    return "Allow" in effects and "Deny" not in effects


def _names_sagemaker(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = _several(principal.get("Service")) if isinstance(principal, dict) else []
    actions = [action.lower() for action in _several(statement.get("Action"))]
    return SERVICE in services and any(fnmatchcase("sts:assumerole", action) for action in actions)


def _several(value: Any) -> list[Any]:
    """A policy's lists may be written as one thing."""
    return value if isinstance(value, list) else [] if value is None else [value]
