"""What an IAM document is made of, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

VERSION: Final = "2012-10-17"
"""The version of IAM's policy language; it isn't a date of ours."""

EVERYTHING: Final = ("*",)
"""Only for actions that the Service Authorization Reference lists without a resource type: they can't name one."""


class Statement(NamedTuple):
    """One permission. `sid` says what for; `conditions` are as IAM writes them, `{operator: {key: value}}`."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The statement as IAM takes it."""
        written: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
        }
        return written | ({"Condition": self.conditions} if self.conditions else {})


def document(*statements: Statement) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": VERSION, "Statement": [statement.to_dict() for statement in statements]}
