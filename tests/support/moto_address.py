"""moto's services at an address of their own, as the emulator runs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.wrappers import Request

from local_test.emulator.aws import Aws
from local_test.emulator.journal import Journal
from local_test.emulator.moto_services import MotoServices
from local_test.emulator.server import Server


@contextmanager
def moto_aws() -> Iterator[Aws]:
    """Clients for them; nothing is in them yet."""
    journal = Journal(None)
    services = MotoServices(journal)
    services.reset()
    server = Server(0)
    server.start(Request.application(services))
    try:
        yield Aws(server.address)
    finally:
        server.close()
        journal.close()
