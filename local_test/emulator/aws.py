"""The emulator as a client of its own address: S3's objects, CloudWatch's numbers and Logs' lines go the public way."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config


class Aws:
    """boto3 clients for one address, made once each."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._session: Any = boto3.Session("emulator", "emulator", region_name="us-east-1")

    def client(self, service: str, region: str) -> Any:
        """A client, thread-safe as boto3's are."""
        with self._lock:
            if (service, region) not in self._clients:
                config = Config(retries={"max_attempts": 1}, max_pool_connections=50, proxies={})
                self._clients[service, region] = self._session.client(
                    service, region_name=region, endpoint_url=self._address, config=config
                )
            return self._clients[service, region]
