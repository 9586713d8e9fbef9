"""The platform's limits, as documented; shared/sagemaker-facts.md has the sources. A test may hand in smaller ones."""

from __future__ import annotations

from typing import Final, NamedTuple

from container.contract import MEBIBYTE

MB_PER_VCPU: Final = 1769
"""Lambda's documented ratio. AWS publishes none for serverless endpoints, so this is an assumption."""
ACCOUNT: Final = "123456789012"
"""The account that moto plays."""


class Limits(NamedTuple):
    """Seconds and bytes."""

    serverless_body_bytes: int = 4 * MEBIBYTE
    real_time_body_bytes: int = 6 * MEBIBYTE
    async_inline_bytes: int = 128_000
    serverless_start_seconds: float = 180
    """Model download and /ping together."""
    real_time_start_seconds: float = 480
    ping_seconds: float = 2
    invocation_seconds: float = 60
    async_invocation_seconds: float = 900
    stop_seconds: float = 30
    """From SIGTERM to SIGKILL."""
    disk_bytes: int = 5 * 1024**3
    """Of /tmp, whatever the memory size."""
