"""Lines on their way to CloudWatch Logs."""

from __future__ import annotations

from local_test.emulator.aws import Aws


class LogStream:
    """One log stream. `write` never waits for CloudWatch."""

    group: str
    name: str
    arn: str

    def write(self, line: bytes) -> None:
        """A line, without its end; a longer one than CloudWatch takes is cut."""
        raise NotImplementedError


class LogStreams:
    """Makes the streams, and sends in the background what is written to them."""

    def __init__(self, aws: Aws) -> None: ...

    def open(self, region: str, group: str, name: str) -> LogStream:
        """A stream; its group and itself are created where need be."""
        raise NotImplementedError

    def flush(self) -> None:
        """Wait until everything that was written is in CloudWatch."""
        raise NotImplementedError

    def close(self) -> None:
        """Send the rest, and end."""
        raise NotImplementedError
