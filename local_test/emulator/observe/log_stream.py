"""Lines on their way to CloudWatch Logs, within its limits and within this machine's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple

from local_test.emulator.aws import Aws
from local_test.emulator.limits import ACCOUNT
from local_test.emulator.observe.sender import Sender

# PutLogEvents, API reference: a batch, an event, and what each event counts for besides its UTF-8.
BATCH_EVENTS: Final = 10_000
BATCH_BYTES: Final = 1_048_576
EVENT_BYTES: Final = 256 * 1024
OVERHEAD_BYTES: Final = 26
CUT: Final = " … (cut: CloudWatch takes 256 KB a line)"
WAITING_BYTES: Final = 4 * 1024 * 1024
"""Of one stream, at most: who prints faster than CloudWatch takes it loses lines rather than the machine its memory."""


class Event(NamedTuple):
    """A line as CloudWatch takes it."""

    milliseconds: int
    message: str
    size: int
    """As CloudWatch counts it."""
    lines: int = 1
    """How many lines are lost with it: more than one where it says that others were dropped."""


def event(milliseconds: int, line: bytes) -> Event:
    """A line that isn't empty; what isn't UTF-8 becomes replacement characters, and what is too long is cut."""
    room = EVENT_BYTES - OVERHEAD_BYTES
    message = line.decode(errors="replace")
    encoded = message.encode()
    if len(encoded) > room:
        message = encoded[: room - len(CUT.encode())].decode(errors="ignore") + CUT
        encoded = message.encode()
    return Event(milliseconds, message, len(encoded) + OVERHEAD_BYTES)


def batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """In order, each as large as PutLogEvents takes."""
    batch: list[Event] = []
    size = 0
    for one in events:
        if batch and (len(batch) == BATCH_EVENTS or size + one.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch


class LogStream:
    """One log stream. `write` never waits for CloudWatch."""

    def __init__(self, region: str, group: str, name: str, wake: Callable[[LogStream], None]) -> None:
        self.region = region
        self.group = group
        self.name = name
        self.arn = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:log-stream:{name}"
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._size = 0
        self._dropped = 0
        self._latest = 0

    def write(self, line: bytes) -> None:
        """A line, without its end; a longer one than CloudWatch takes is cut, an empty one is none to it."""
        if not line:
            return
        with self._lock:
            one = event(self._now(), line)
            if self._size + one.size > WAITING_BYTES:
                self._dropped += 1
                return
            self._say_what_was_dropped()
            self._add(one)
        self._wake(self)

    def take(self) -> list[Event]:
        """All that waits, oldest first; it waits no longer."""
        with self._lock:
            if self._waiting:
                self._say_what_was_dropped()
            taken, self._waiting, self._size = self._waiting, [], 0
            return taken

    def lose(self, events: Iterable[Event]) -> None:
        """These couldn't be sent; the next line says so."""
        with self._lock:
            self._dropped += sum(one.lines for one in events)

    def _now(self) -> int:
        """Milliseconds since 1970. CloudWatch wants the events of a batch in order, even if the clock is set back."""
        self._latest = max(self._latest, int(time.time() * 1000))
        return self._latest

    def _say_what_was_dropped(self) -> None:
        if self._dropped:
            text = f"(coppice local: {self._dropped} lines are missing here; they didn't get to CloudWatch)"
            self._add(event(self._now(), text.encode())._replace(lines=self._dropped))
            self._dropped = 0

    def _add(self, one: Event) -> None:
        self._waiting.append(one)
        self._size += one.size


class LogStreams:
    """Makes the streams, and sends in the background what is written to them. Groups begin with their first line."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lock = threading.Lock()
        self._waiting: dict[LogStream, None] = {}
        self._sender = Sender("log lines", self._send, linger=0.2)

    def open(self, region: str, group: str, name: str) -> LogStream:
        """A stream; its group and itself are created where need be."""
        return LogStream(region, group, name, self._wake)

    def flush(self) -> None:
        """Wait until everything that was written is in CloudWatch, or failed to get there."""
        self._sender.flush()

    def close(self) -> None:
        """Send the rest, and end."""
        self._sender.close()

    def _wake(self, stream: LogStream) -> None:
        with self._lock:
            self._waiting[stream] = None
        self._sender.wake()

    def _send(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for stream in waiting:
            for batch in batches(stream.take()):
                if not self._sender.attempt(partial(self._put, stream, batch)):
                    stream.lose(batch)

    def _put(self, stream: LogStream, batch: list[Event]) -> None:
        logs = self._aws.client("logs", stream.region)
        where = {"logGroupName": stream.group, "logStreamName": stream.name}
        events = [{"timestamp": one.milliseconds, "message": one.message} for one in batch]
        try:
            logs.put_log_events(**where, logEvents=events)
        except logs.exceptions.ResourceNotFoundException:
            _create(logs, where)
            logs.put_log_events(**where, logEvents=events)


def _create(logs: Any, where: dict[str, str]) -> None:
    """The group and the stream, whichever isn't there."""
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=where["logGroupName"])
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(**where)
