"""Whose credentials these are, and which doors they open."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from deploy.aws.session import Session


class Identity(NamedTuple):
    """An account and who we are in it. `clock_ahead_seconds` is this machine's clock less AWS's, None if not said."""

    account: str
    arn: str
    clock_ahead_seconds: float | None


def identify(session: Session) -> Identity:
    """Ask AWS; raises Missing without credentials, and botocore's errors where they aren't taken."""
    account = session.account
    answer = session.sts.get_caller_identity()
    return Identity(account, answer["Arn"], _ahead(dict(answer["ResponseMetadata"]["HTTPHeaders"])))


def log_in_to_ecr(session: Session) -> None:
    """Ask ECR for a token, as pushing does, and forget it; raises botocore's errors where there is none for us."""
    session.ecr.get_authorization_token()


def _ahead(headers: dict[str, Any]) -> float | None:
    date = headers.get("date")
    return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else None


def regions_with(session: Session, service: str) -> list[str]:
    """The regions that a service is in, as the installed botocore knows them; no call is made."""
    partitions = session.boto.get_available_partitions()
    return [name for part in partitions for name in session.boto.get_available_regions(service, partition_name=part)]
