"""The emulator's address with moto's services and ECR behind it, and nothing that runs a container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from werkzeug.wrappers import Request, Response

from local_test.emulator.app import App
from local_test.emulator.journal import Journal
from local_test.emulator.moto_services import MotoServices
from local_test.emulator.registry.ecr import Ecr
from local_test.emulator.registry.images import Images
from local_test.emulator.server import Server

REGION = "eu-west-1"


class LocalCloud:
    """Up as soon as it is made. `file` is where the journal survives. There is one at a time: moto is a process's."""

    def __init__(self, file: Path | None = None, images: Images | None = None) -> None:
        self._server = Server(0)
        self._journal = Journal(file)
        self.moto = MotoServices(self._journal)
        self.moto.restore()
        self.ecr = Ecr(self.moto, images)
        self._server.start(
            App(
                runtime=_none,
                sagemaker=_none,
                scaling=_none,
                ecr=self.ecr,
                admin=_none,
                page=_none,
                others=self.moto,
            )
        )
        self.address = self._server.address
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client."""
        if (service, region) not in self._clients:
            session = boto3.Session("testing", "testing", region_name=region)
            config = Config(retries={"max_attempts": 0}, proxies={})
            self._clients[service, region] = session.client(service, endpoint_url=self.address, config=config)
        return self._clients[service, region]

    def close(self) -> None:
        """As SIGKILL leaves it: the journal's file is all there is."""
        for client in self._clients.values():
            client.close()
        self._server.close()
        self._journal.close()


def _none(request: Request, region: str) -> Response:
    return Response(status=404)
