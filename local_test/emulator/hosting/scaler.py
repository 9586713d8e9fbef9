"""Target tracking: follows the policies of Application Auto Scaling, within the limits of their targets."""

from __future__ import annotations

from local_test.emulator.aws import Aws
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.store import Store


class Scaler:
    """Looks at each policy's metric from time to time, and changes the variant's capacity."""

    def __init__(self, store: Store, hosting: Hosting, aws: Aws) -> None: ...

    def start(self) -> None:
        """Look from now on."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop looking."""
        raise NotImplementedError
