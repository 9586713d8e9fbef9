"""Hosting and SageMaker Runtime at a real address, over instances that are played; a test is the control plane."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from fake_instances import FakeStarter
from waiting import until
from werkzeug.wrappers import Request

from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.hosting.runtime import Runtime
from local_test.emulator.limits import Limits
from local_test.emulator.options import Options
from local_test.emulator.server import Server
from local_test.emulator.store import Key, Kind, Store

REGION = "eu-west-1"
SESSION = boto3.Session("any", "thing", region_name=REGION)
LIMITS = Limits(invocation_seconds=20, stop_seconds=0.2, serverless_start_seconds=20, real_time_start_seconds=20)


class Stream:
    def __init__(self, group: str, name: str) -> None:
        self.group, self.name = group, name
        self.arn = f"arn:aws:logs:{REGION}:123456789012:log-group:{group}:log-stream:{name}"
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)


class Logs:
    def __init__(self) -> None:
        self.streams: list[Stream] = []

    def open(self, region: str, group: str, name: str) -> Stream:
        self.streams.append(Stream(group, name))
        return self.streams[-1]


class Numbers:
    """Metrics that stay here."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, float, str]] = []
        self._lock = threading.Lock()

    def record(self, region, namespace, name, value, unit, dimensions) -> None:
        with self._lock:
            self.recorded.append((namespace, name, float(value), unit))

    def of(self, name: str) -> list[float]:
        with self._lock:
            return [value for _, each, value, _ in self.recorded if each == name]


class Ecr:
    """An Aws whose ECR knows no image, or for every tag the same digest."""

    def __init__(self) -> None:
        self.digest: str | None = None

    class exceptions:  # noqa: N801 - botocore's
        class ClientError(Exception):
            pass

    def client(self, service: str, region: str) -> Any:
        return self

    def describe_images(self, **asked: Any) -> Any:
        if self.digest is None:
            raise self.exceptions.ClientError
        return {"imageDetails": [{"imageDigest": self.digest}]}


class Hosted:
    """`store`, `hosting`, `reports`, and boto3's client of the address."""

    def __init__(self, starter: FakeStarter, store: Store, server: Server, options: Options) -> None:
        self.starter, self.store = starter, store
        self.logs, self.numbers, self.reports = Logs(), Numbers(), []
        self.ecr = Ecr()
        self.hosting = Hosting(store, starter, self.ecr, self.logs, self.numbers, options, self.reports.append)
        self.runtime = Runtime(store, self.hosting, _no_asynchronous, options)
        self.address = server.address
        self.client = self.new_client()

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.runtime(Request(environ), REGION)(environ, start_response)

    def new_client(self, connections: int = 10) -> Any:
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=connections, read_timeout=60)
        return SESSION.client("sagemaker-runtime", endpoint_url=self.address, config=config)

    def key(self, name: str = "houses") -> Key:
        return Key(Kind.ENDPOINT, REGION, name)

    def configure(self, config: str, *variants: dict[str, Any], image: str = "r/coppice:1") -> None:
        """A model and a configuration, both of that name."""
        model = {"PrimaryContainer": {"Image": image, "ModelDataUrl": "s3://b/model.tar.gz", "Environment": {"A": "1"}}}
        self.store.put(Key(Kind.MODEL, REGION, config), model)
        members = [{"VariantName": "AllTraffic", "ModelName": config, **variant} for variant in variants]
        self.store.put(Key(Kind.ENDPOINT_CONFIG, REGION, config), {"ProductionVariants": members})

    def begin(self, config: str = "c1", name: str = "houses", status: str = "Creating") -> None:
        """What CreateEndpoint or UpdateEndpoint writes and asks."""
        old = self.store.get(self.key(name)) or {"EndpointName": name, "CreationTime": time.time()}
        self.store.put(self.key(name), old | {"EndpointConfigName": config, "EndpointStatus": status})
        self.hosting.deploy(self.key(name))

    def status(self, name: str = "houses") -> str | None:
        document = self.store.get(self.key(name))
        return document and document["EndpointStatus"]

    def deploy(self, config: str = "c1", name: str = "houses", status: str = "Creating") -> dict[str, Any]:
        """`begin`, and wait for its end: the document."""
        self.begin(config, name, status)
        until(lambda: self.status(name) not in ("Creating", "Updating"))
        return self.store.get(self.key(name))

    def capacity(self, wanted: dict[str, Any], variant: str = "AllTraffic") -> dict[str, Any]:
        self.store.change(self.key(), lambda document: document.update(EndpointStatus="Updating"))
        self.hosting.capacity(self.key(), variant, wanted)
        until(lambda: self.status() != "Updating")
        return self.store.get(self.key())

    def delete(self, name: str = "houses") -> None:
        self.store.change(self.key(name), lambda document: document.update(EndpointStatus="Deleting"))
        self.hosting.delete(self.key(name))

    def invoke(self, body: bytes = b"x", **members: Any) -> Any:
        return self.client.invoke_endpoint(**{"EndpointName": "houses", "Body": body, **members})

    def refused(self, body: bytes = b"x", **members: Any) -> Any:
        """The ClientError of a call that fails."""
        try:
            self.invoke(body, **members)
        except self.client.exceptions.ClientError as error:
            return error
        raise AssertionError("it was answered")


def code(error: Any) -> tuple[str, int]:
    """A ClientError's code, and its status of HTTP."""
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def _no_asynchronous(request: Request, region: str, endpoint: str) -> Any:
    raise AssertionError("nobody calls an asynchronous endpoint here")


def serverless(max_concurrency: int = 2, memory: int = 1024, provisioned: int | None = None) -> dict[str, Any]:
    """A variant's ServerlessConfig."""
    config = {"MemorySizeInMB": memory, "MaxConcurrency": max_concurrency}
    return {"ServerlessConfig": config | ({"ProvisionedConcurrency": provisioned} if provisioned else {})}


def real_time(count: int = 2, **members: Any) -> dict[str, Any]:
    """A variant with instances."""
    return {"InstanceType": "ml.m5.large", "InitialInstanceCount": count, **members}


@contextlib.contextmanager
def hosted(starter: FakeStarter, *, store: Store | None = None, **options: Any) -> Iterator[Hosted]:
    """A Hosted that leaves nothing but a store that was handed in."""
    own = Store(None) if store is None else store
    server = Server(0)
    one = Hosted(starter, own, server, Options(**{"limits": LIMITS, **options}))
    server.start(one.wsgi)
    try:
        yield one
    finally:
        one.client.close()
        starter.hold.set()
        one.hosting.close()
        server.close()
        if store is None:
            own.close()
