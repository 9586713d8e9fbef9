"""Transform jobs that run."""

from __future__ import annotations

from local_test.emulator.aws import Aws
from local_test.emulator.instances.starter import Starter
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.options import Options
from local_test.emulator.store import Key, Store


class Transforms:
    """The running side of every transform job; the store shows how it ends."""

    def __init__(self, store: Store, starter: Starter, aws: Aws, logs: LogStreams, options: Options) -> None: ...

    def run(self, job: Key) -> None:
        """Start a job whose document is InProgress, in the background; it ends Completed, Failed or Stopped."""
        raise NotImplementedError

    def stop(self, job: Key) -> None:
        """Stop a job whose document is Stopping."""
        raise NotImplementedError

    def restore(self) -> None:
        """After a start: what was under way has failed, and its document says so."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop every job."""
        raise NotImplementedError
