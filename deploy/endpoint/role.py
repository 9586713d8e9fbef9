"""The role that SageMaker runs the endpoint with."""

from __future__ import annotations

from typing import Protocol

from deploy.endpoint import limits
from deploy.endpoint.names import DEFAULT_ROLE
from deploy.errors import Missing

SERVICE = "sagemaker.amazonaws.com"


class Roles(Protocol):
    """Where roles are looked up."""

    def find(self, name: str) -> tuple[str, dict[str, object]] | None:
        """A role's ARN and trust policy, or None."""


def resolve(text: str | None, roles: Roles) -> str:
    """The ARN of a role: an ARN as it is, a name looked up, none given: the default's. Raises Missing, LimitError."""
    if text and text.startswith("arn:"):
        limits.check_role(text)
        return text
    name = text or DEFAULT_ROLE
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
    if SERVICE not in str(trust):
        raise Missing(
            f"SageMaker may not assume the role {name!r}: its trust policy doesn't name {SERVICE}.",
            f"Mend it: aws iam update-assume-role-policy --role-name {name} "
            '--policy-document "$(coppice policy trust)"',
        )
    return arn
