"""The emulator's control plane over HTTP, with pretended hosting: what it was asked for, and what comes of it."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local_test.emulator.app import App
from local_test.emulator.aws import Aws
from local_test.emulator.control.service import sagemaker, scaling
from local_test.emulator.journal import Journal
from local_test.emulator.moto_services import MotoServices
from local_test.emulator.server import Server
from local_test.emulator.store import Document, Key, Kind, Store

REGION = "eu-west-1"
ACCOUNT = "123456789012"


class PretendedHosting:
    """Endpoints come up at once, unless `waits`: then whatever was asked for is done at `finish`."""

    def __init__(self, store: Store) -> None:
        self.waits = False
        self.asked: list[tuple[Any, ...]] = []
        self._store = store
        self._todo: list[tuple[Any, ...]] = []

    def deploy(self, endpoint: Key) -> None:
        self._ask("deploy", endpoint)

    def capacity(self, endpoint: Key, variant: str, wanted: Document) -> None:
        self._ask("capacity", endpoint, variant, wanted)

    def delete(self, endpoint: Key) -> None:
        self._ask("delete", endpoint)

    def finish(self) -> None:
        """Do what is still to be done."""
        for what, endpoint, *details in self._todo:
            if what == "delete":
                self._store.delete(endpoint)
            elif what == "deploy":
                self._store.change(endpoint, lambda document, endpoint=endpoint: self._bring_up(endpoint, document))
            else:
                self._store.change(endpoint, lambda document, details=details: _resize(document, *details))
        self._todo.clear()

    def fail(self, endpoint: str, reason: str) -> None:
        """An endpoint ends Failed."""
        self._todo.clear()
        key = Key(Kind.ENDPOINT, REGION, endpoint)
        self._store.change(key, lambda found: found.update(EndpointStatus="Failed", FailureReason=reason))

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        self._todo.append(what)
        if not self.waits:
            self.finish()

    def _bring_up(self, endpoint: Key, document: Document) -> None:
        config = self._store.get(Key(Kind.ENDPOINT_CONFIG, endpoint.region, document["EndpointConfigName"]))
        assert config is not None
        document["EndpointStatus"] = "InService"
        document["ProductionVariants"] = [_running(variant) for variant in config["ProductionVariants"]]


class PretendedTransforms:
    """Jobs go on until they are stopped."""

    def __init__(self, store: Store) -> None:
        self.ran: list[Key] = []
        self._store = store

    def run(self, job: Key) -> None:
        self.ran.append(job)

    def stop(self, job: Key) -> None:
        self._store.change(job, lambda found: found.update(TransformJobStatus="Stopped"))


class PretendedTrainings(PretendedTransforms):
    """As above."""

    def stop(self, job: Key) -> None:
        self._store.change(job, lambda found: found.update(TrainingJobStatus="Stopped"))


class ControlPlane:
    """Listens on a free port until `close`."""

    def __init__(self) -> None:
        self.store = Store(None)
        self.hosting: Any = PretendedHosting(self.store)
        self.transforms: Any = PretendedTransforms(self.store)
        self.trainings: Any = PretendedTrainings(self.store)
        self._journal = Journal(None)
        self._server = Server(0)
        self.address = self._server.address
        aws = Aws(self.address)
        moto = MotoServices(self._journal)
        app = App(
            runtime=lambda request, region: moto(request),
            sagemaker=sagemaker(self.store, self.hosting, self.transforms, self.trainings, aws),
            scaling=scaling(self.store),
            ecr=lambda request, region: moto(request),
            admin=lambda request, region: moto(request),
            page=lambda request, region: moto(request),
            others=moto,
        )
        self._server.start(app)
        self._reset = moto.reset
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = REGION) -> Any:
        """A boto3 client that checks nothing itself, so that the service does."""
        if (service, region) not in self._clients:
            config = Config(retries={"max_attempts": 1}, proxies={}, parameter_validation=False)
            session: Any = boto3.Session("any", "any", region_name=region)
            self._clients[service, region] = session.client(service, endpoint_url=self.address, config=config)
        return self._clients[service, region]

    def clear(self) -> None:
        """Forget everything."""
        self.hosting.waits = False
        self.hosting.finish()
        self.hosting.asked.clear()
        self.store.clear()
        self._reset()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._server.close()
        self._journal.close()
        self.store.close()


def _running(variant: Document) -> Document:
    weight = variant["InitialVariantWeight"]
    running = {"VariantName": variant["VariantName"], "CurrentWeight": weight, "DesiredWeight": weight}
    if "ServerlessConfig" in variant:
        sizes = variant["ServerlessConfig"]
        return running | {"CurrentServerlessConfig": sizes, "DesiredServerlessConfig": sizes}
    count = variant["InitialInstanceCount"]
    return running | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}


def _resize(document: Document, name: str, wanted: Document) -> None:
    document["EndpointStatus"] = "InService"
    variant = next(found for found in document["ProductionVariants"] if found["VariantName"] == name)
    if "ServerlessUpdateConfig" in wanted:
        sizes = variant["CurrentServerlessConfig"] | wanted["ServerlessUpdateConfig"]
        variant |= {"CurrentServerlessConfig": sizes, "DesiredServerlessConfig": sizes}
    if "DesiredInstanceCount" in wanted:
        count = wanted["DesiredInstanceCount"]
        variant |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
