"""What a user may choose about an emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from local_test.emulator.limits import MB_PER_VCPU, Limits

DEFAULT_PORT: Final = 4599
HOST: Final = "127.0.0.1"
"""Never another: whoever reaches the address may run containers."""


class Options(NamedTuple):
    """The flags of `coppice local up`."""

    port: int = DEFAULT_PORT
    """0 takes a free one."""
    backend: str = "docker"
    """docker, process, or auto: docker where its engine answers."""
    state: Path | None = None
    """The folder that survives; without one, everything is forgotten at the end."""
    download_rate: int | None = None
    """Bytes of model.tar.gz per second; without one, as fast as this machine copies."""
    mb_per_vcpu: int = MB_PER_VCPU
    idle_seconds: float = 300
    """After this long without a call an instance goes. AWS doesn't say its own."""
    limits: Limits = Limits()
    """The documented ones, unless a test hands in others."""
