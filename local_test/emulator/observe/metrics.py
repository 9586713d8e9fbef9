"""Numbers on their way to CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping

from local_test.emulator.aws import Aws


class Metrics:
    """Collects values and sends them in the background, about once a second."""

    def __init__(self, aws: Aws) -> None: ...

    def record(
        self, region: str, namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
    ) -> None:
        """A value of now. Never waits for CloudWatch."""
        raise NotImplementedError

    def flush(self) -> None:
        """Wait until everything that was recorded is in CloudWatch."""
        raise NotImplementedError

    def close(self) -> None:
        """Send the rest, and end."""
        raise NotImplementedError
