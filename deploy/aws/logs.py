"""CloudWatch Logs: reading a group's lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from deploy.aws.errors import says_not_found
from deploy.aws.session import Session


class LogEvent(NamedTuple):
    """One line of a log: CloudWatch's id for it, when it was written (milliseconds since 1970), where, and what."""

    id: str
    milliseconds: int
    stream: str
    text: str


class LogReader:
    """The log groups of one account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def since(self, group: str, milliseconds: int, streams: str = "") -> Iterator[LogEvent]:
        """The lines written at that time or later, oldest first; none where there is no group yet.

        Of all streams, or of those whose name begins with `streams`.
        """
        some: Any = {"logStreamNamePrefix": streams} if streams else {}
        pages = self._session.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=max(0, milliseconds), **some
        )
        try:
            for page in pages:
                for event in page["events"]:
                    text = event["message"].rstrip("\n")
                    yield LogEvent(event["eventId"], event["timestamp"], event["logStreamName"], text)
        except ClientError as error:
            if not says_not_found(error):
                raise

    def last(self, group: str, count: int, milliseconds: int, streams: str = "") -> list[LogEvent]:
        """The last `count` of the lines written since then, oldest first.

        Reads through them all: CloudWatch can't be asked for a group's last lines. (A stream's it can; but which
        streams are the newest it only knows within the hour.)
        """
        events = self.since(group, milliseconds, streams)
        return list(deque(sorted(events, key=lambda event: event.milliseconds), maxlen=count))
