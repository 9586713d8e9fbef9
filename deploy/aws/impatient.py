"""A session for looking around: it gives up after seconds where a deploy would go on trying for minutes."""

from __future__ import annotations

from typing import Any

from deploy.aws.session import Session


class ImpatientSession(Session):
    """One more attempt, and short waits."""

    def client(self, service: str, **options: Any) -> Any:
        """A client that doesn't wait long."""
        hurry = {"connect_timeout": 3, "read_timeout": 10, "retries": {"mode": "standard", "total_max_attempts": 2}}
        return super().client(service, **{**options, **hurry})
