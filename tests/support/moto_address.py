"""moto's services at an address of their own, as the emulator runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.wrappers import Request, Response

from local_test.emulator.aws import Aws
from local_test.emulator.journal import Journal
from local_test.emulator.moto_services import MotoServices
from local_test.emulator.server import Server


class Moto:
    """The services and clients for them. What is for SageMaker Runtime is answered by `runtime`."""

    def __init__(self, services: MotoServices, address: str) -> None:
        self.aws = Aws(address)
        self.runtime: Callable[[Request], Response] = services
        self.reset = services.reset


@contextmanager
def started_moto() -> Iterator[Moto]:
    """Start a server; making its clients is slow, so tests share it and reset it."""
    journal = Journal(None)
    services = MotoServices(journal)
    server = Server(0)
    moto = Moto(services, server.address)

    def answer(request: Request) -> Response:
        return moto.runtime(request) if request.path.startswith("/endpoints/") else services(request)

    server.start(Request.application(answer))
    try:
        yield moto
    finally:
        server.close()
        journal.close()
