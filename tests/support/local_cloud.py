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
        self._server.start(
            App(
                runtime=_none,
                sagemaker=_none,
                scaling=_none,
                ecr=Ecr(self.moto, images),
                admin=_none,
                others=self.moto,
            )
        )
        self.address = self._server.address

    def client(self, service: str, region: str = REGION, **config: Any) -> Any:
        """A boto3 client."""
        session = boto3.Session("testing", "testing", region_name=region)
        return session.client(
            service, endpoint_url=self.address, config=Config(retries={"max_attempts": 0}, proxies={}, **config)
        )

    def close(self) -> None:
        """As SIGKILL leaves it: the journal's file is all there is."""
        self._server.close()
        self._journal.close()


def _none(request: Request, region: str) -> Response:
    return Response(status=404)
