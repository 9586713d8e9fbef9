"""moto's services at an address of their own, as the emulator runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.wrappers import Request, Response

from local_test.emulator.aws import Aws
from local_test.emulator.journal import Journal
from local_test.emulator.moto_services import MotoServices
from local_test.emulator.server import Server


@contextmanager
def moto_aws(runtime: Callable[[Request], Response] | None = None) -> Iterator[Aws]:
    """Clients for them; nothing is in them yet. `runtime` answers what is for SageMaker Runtime."""
    journal = Journal(None)
    services = MotoServices(journal)
    services.reset()
    server = Server(0)

    def answer(request: Request) -> Response:
        own = runtime is not None and request.path.startswith("/endpoints/")
        return runtime(request) if own else services(request)

    server.start(Request.application(answer))
    try:
        yield Aws(server.address)
    finally:
        server.close()
        journal.close()
