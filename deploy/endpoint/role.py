"""The role that SageMaker runs the endpoint with."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, Protocol

from deploy.endpoint import limits
from deploy.endpoint.names import DEFAULT_ROLE
from deploy.errors import Missing, NotSupported

SERVICE: Final = "sagemaker.amazonaws.com"


class Roles(Protocol):
    """Where roles are looked up."""

    def find(self, name: str) -> tuple[str, Mapping[str, Any]] | None:
        """A role's ARN and trust policy, or None."""


def resolve(text: str | None, roles: Roles, account: str) -> str:
    """The ARN of a role of `account`: an ARN as it is, a name looked up, none given: the default's.

    Raises Missing, LimitError, and NotSupported for another account's, which iam:PassRole doesn't pass.
    """
    name = text or DEFAULT_ROLE
    limits.check_role(name)
    if ":" in name:
        if name.split(":")[4] != account:
            raise NotSupported(elsewhere(name, account), f"Name one that is: --role {name.rpartition('/')[2]}")
        return name
    found = roles.find(name)
    if found is None:
        raise Missing(missing(name), f"{how_to_make(name)}\nOr name one that there is: --role ARN")
    arn, trust = found
    reason = distrusts(trust, arn.split(":")[4])
    if reason:
        raise Missing(f"SageMaker may not assume the role {name!r}: {reason}.", how_to_mend(name))
    return arn


def missing(name: str) -> str:
    """There is no such role."""
    return f"There is no role {name!r} for SageMaker to run the endpoint with."


def elsewhere(arn: str, account: str) -> str:
    """The role is in another account."""
    return f"The role {arn} is another account's; IAM passes only roles of {account}."


def how_to_make(name: str) -> str:
    """The commands that make the role."""
    return (
        f'aws iam create-role --role-name {name} --assume-role-policy-document "$(coppice policy trust)"\n'
        f"aws iam put-role-policy --role-name {name} --policy-name coppice "
        '--policy-document "$(coppice policy execution)"'
    )


def how_to_mend(name: str) -> str:
    """The command that lets SageMaker assume the role."""
    return f'aws iam update-assume-role-policy --role-name {name} --policy-document "$(coppice policy trust)"'


def distrusts(policy: Mapping[str, Any], account: str) -> str:
    """Why a trust policy doesn't let SageMaker assume its role from `account`; empty where it does."""
    statements = [entry for entry in _several(policy.get("Statement")) if _names_sagemaker(entry)]
    if any(entry.get("Effect") == "Deny" for entry in statements):
        return "its trust policy denies it"
    fitting = [entry for entry in statements if entry.get("Effect") == "Allow"]
    if not fitting:
        return f"its trust policy doesn't name {SERVICE}"
    for statement in fitting:
        accounts = _several(statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount"))
        if not accounts or account in accounts:
            return ""
    return f"its trust policy asks for another account than {account}"


def _names_sagemaker(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = _several(principal.get("Service")) if isinstance(principal, dict) else []
    actions = [action.lower() for action in _several(statement.get("Action"))]
    return SERVICE in services and any(fnmatchcase("sts:assumerole", action) for action in actions)


def _several(value: Any) -> list[Any]:
    """A policy's lists may be written as one thing."""
    return value if isinstance(value, list) else [] if value is None else [value]
