"""IAM: roles, looked up."""

from __future__ import annotations

from typing import Any, cast

from deploy.aws.errors import found
from deploy.aws.session import Session


class IAM:
    """The roles of one session's account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, name: str) -> tuple[str, dict[str, Any]] | None:
        """A role's ARN and trust policy, or None where there is no such role."""
        answer = found(lambda: self._session.iam.get_role(RoleName=name.rpartition("/")[2]))
        if answer is None:
            return None
        role = answer["Role"]
        return role["Arn"], cast("dict[str, Any]", role.get("AssumeRolePolicyDocument", {}))  # botocore decoded it
