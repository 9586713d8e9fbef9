"""The composition root: which part gets which."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from container import __version__
from local_test.emulator.admin import Admin
from local_test.emulator.app import App
from local_test.emulator.aws import Aws
from local_test.emulator.batch.transforms import Transforms
from local_test.emulator.control.service import sagemaker, scaling
from local_test.emulator.hosting.asynchronous import Asynchronous
from local_test.emulator.hosting.hosting import Hosting
from local_test.emulator.hosting.runtime import Runtime
from local_test.emulator.iam import Iam
from local_test.emulator.instances.instance import Backend
from local_test.emulator.instances.model_data import ModelData
from local_test.emulator.instances.starter import Starter
from local_test.emulator.journal import Journal
from local_test.emulator.moto_services import MotoServices
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.options import Options
from local_test.emulator.page.example import Examples
from local_test.emulator.page.page import Page
from local_test.emulator.registry import checkout
from local_test.emulator.registry.ecr import Ecr
from local_test.emulator.registry.images import Images
from local_test.emulator.scaling.scaler import Scaler
from local_test.emulator.server import Server
from local_test.emulator.status import Status
from local_test.emulator.store import Key, Kind, Store
from local_test.emulator.training.trainings import Trainings


class Emulator:
    """One emulator: up after `start`; after `close` nothing is left but the state's folder."""

    def __init__(
        self,
        options: Options,
        backend: Backend,
        folder: Path,
        registry: Images | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the port. `folder` is for what goes with the emulator, and whoever made it removes it; `registry` is
        what ECR hands out; `report` takes the line of every call. Raises OSError where the port is taken."""
        file = None
        if options.state is not None:
            options.state.mkdir(parents=True, exist_ok=True)
            file = options.state / "emulator.sqlite"
        self._server = Server(options.port)
        self.address = self._server.address
        self._store = Store(file)
        self._journal = Journal(file)
        self._moto = MotoServices(self._journal)
        self._backend = backend
        aws = Aws(self.address)
        self._logs = LogStreams(aws)
        self._metrics = Metrics(aws)
        models = ModelData(aws, folder / "models", options.download_rate)
        ping_seconds = options.limits.ping_seconds
        place_of = registry.place_of if registry is not None else checkout.place_of
        starter = Starter(backend, models, options.mb_per_vcpu, ping_seconds, place_of)
        self._transforms = Transforms(self._store, starter, aws, self._logs, options)
        observed = (self._logs, self._metrics)
        self._trainings = Trainings(self._store, backend, place_of, aws, self.address, *observed, folder / "trainings")
        self._hosting = Hosting(self._store, starter, aws, self._logs, self._metrics, options, report)
        self._asynchronous = Asynchronous(self._store, self._hosting, aws, self._metrics, options.limits)
        self._scaler = Scaler(self._store, self._hosting, aws)
        self._ecr = Ecr(self._moto, registry)
        self._app = App(
            runtime=Runtime(self._store, self._hosting, self._asynchronous, options),
            sagemaker=sagemaker(self._store, self._hosting, self._transforms, self._trainings, aws),
            scaling=scaling(self._store),
            ecr=self._ecr,
            admin=Admin(
                self.reset,
                Status(self._about(options, registry), self._hosting, self._store, backend.trouble),
                self._hosting.reports.of,
                lambda region, name: self._hosting.cool(Key(Kind.ENDPOINT, region, name)),
            ),
            page=Page(Examples(self._store, models)),
            others=Iam(self._moto),
        )

    def start(self) -> None:
        """Bring back what the state remembers, and answer."""
        self._moto.restore()
        self._server.start(self._app)
        self._hosting.restore()
        self._asynchronous.restore()
        self._transforms.restore()
        self._trainings.restore()
        self._scaler.start()

    def reset(self) -> None:
        """Forget everything."""
        self._hosting.close()
        self._hosting.reports.clear()
        self._transforms.close()
        self._trainings.close()
        self._logs.flush()  # or CloudWatch would get what is still on its way after it has forgotten the rest
        self._metrics.flush()
        self._ecr.reset()
        self._store.clear()
        self._moto.reset()

    def close(self) -> None:
        """Stop whatever runs, send what is still to be sent, and answer no more; one that fails stops no other."""
        ends = (
            *(self._scaler.close, self._asynchronous.stop, self._transforms.close, self._trainings.close),
            self._hosting.close,
            *(self._asynchronous.close, self._backend.close, self._logs.close, self._metrics.close),
            *(self._server.close, self._journal.close, self._store.close),
        )
        with contextlib.ExitStack() as last_first:
            for end in reversed(ends):
                last_first.callback(end)

    def _about(self, options: Options, registry: Images | None) -> dict[str, Any]:
        return {
            "address": self.address,
            "version": __version__,
            "backend": self._backend.name,
            "not_enforced": list(self._backend.not_enforced),
            "registry": registry.host if registry is not None else None,
            "state": str(options.state.resolve()) if options.state is not None else None,
            "idle_seconds": options.idle_seconds,
        }
