"""The composition of what `tune` measures: an emulator of its own, or an account; and the progress that is shown."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.cli.console import say
from deploy.cli.context import session_of
from deploy.errors import DeployError, Missing, UsageError

if TYPE_CHECKING:
    from deploy.cost.prices import Prices
    from deploy.endpoint.settings import Settings
    from deploy.tune.deployed import Deployed
    from deploy.tune.emulated import Emulated
    from deploy.tune.measure import Progress
    from deploy.tune.options import Tuning

REGION: Final = "us-east-1"
"""Of an emulator that nobody else uses."""
IMAGE: Final = "coppice:latest"
CHECKOUT: Final = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/coppice:latest"
"""What the process backend runs."""
ROLE: Final = "arn:aws:iam::123456789012:role/tune"
IDLE_SECONDS: Final = 3600
EMULATOR_POLL, AWS_POLL = 0.1, 10.0
TELL_SECONDS: Final = 10
"""How often progress is a line of its own, where there is no terminal."""


def emulator(
    archive: str, image: str | None, backend: str, settings: Settings, tuning: Tuning, stack: ExitStack
) -> Emulated:
    """A new emulator, which ends with `stack`. Raises DeployError where there can be none."""
    from container.errors import ContainerError
    from deploy.aws.s3 import S3
    from deploy.aws.session import Session
    from deploy.endpoint.artifact import locate
    from deploy.tune.emulated import Emulated
    from deploy.tune.endpoints import Endpoints, Model
    from local_test.emulator import running
    from local_test.emulator.options import Options

    if "://" in archive:
        raise UsageError(
            "The emulator measures an archive that is here.", f"Fetch it: aws s3 cp {archive} model.tar.gz"
        )
    chosen, why = _backend(backend, image)
    try:
        info = running.start(Options(port=0, backend=chosen, idle_seconds=IDLE_SECONDS))
    except ContainerError as error:
        raise DeployError(error.message, error.hint) from None
    stack.callback(_end, info.port)
    say(f"measuring in an emulator of its own, backend {info.backend}: {why}")
    session = Session.local(info.address or "", REGION)
    s3 = S3(session)
    found = locate(Path(archive), "tune", None, s3, serverless=True)
    s3.create_bucket(found.uri.bucket)
    s3.upload(Path(archive), found.uri)
    runs = image or IMAGE if info.backend == "docker" else CHECKOUT
    model = Model(runs, str(found.uri), ROLE, settings.get("env", {}))
    endpoints = Endpoints(session, model, "local", tuning.max_concurrency, EMULATOR_POLL)
    return Emulated(endpoints, info.port, REGION, tuple(info.not_enforced))


def _end(port: int) -> None:
    from local_test.emulator import running

    with suppress(KeyboardInterrupt):  # it has been told to end, and does so alone
        running.down(port)


@contextmanager
def as_ctrl_c() -> Iterator[None]:
    """A closed terminal, and whoever ends this process, find it as tidy as Ctrl-C does."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _backend(asked: str, image: str | None) -> tuple[str, str]:
    """docker or process, and why."""
    from deploy.image.docker import Docker

    if asked == "process":
        return asked, "as asked for; it runs this checkout"
    wanted = image or IMAGE
    try:
        there = Docker().image(wanted) is not None
    except Missing as error:
        if asked == "docker" or image:
            raise
        return "process", f"{error.message.rstrip('.')}; it runs this checkout"
    if there:
        return "docker", f"it runs {wanted}"
    if asked == "docker" or image:
        how = (
            f"Build it (coppice build), or fetch it: docker pull {image}"
            if image
            else "Build it: coppice build coppice latest"
        )
        raise Missing(f"Docker has no image {wanted} here.", f"{how}\nOr measure without Docker: --backend process")
    return "process", f"Docker has no image {wanted} (coppice build coppice latest makes it); it runs this checkout"


def aws(archive: str, settings: Settings, tuning: Tuning) -> Deployed:
    """Endpoints in the account that the settings point to; the archive is in S3 afterwards."""
    from deploy.aws.cloudwatch import Metrics
    from deploy.aws.ecr import ECR
    from deploy.aws.iam import IAM
    from deploy.aws.s3 import S3
    from deploy.endpoint import image, role
    from deploy.endpoint.artifact import locate
    from deploy.endpoint.build import model_place
    from deploy.tune.deployed import Deployed
    from deploy.tune.endpoints import Endpoints, Model

    session = session_of(settings)
    s3, name = S3(session), settings.get("name", "coppice")
    found = locate(model_place(archive), name, settings.get("bucket"), s3, serverless=True)
    resolved = image.resolve(settings.need("image", "coppice push prints its address"), session, ECR(session), True)
    arn = role.resolve(settings.get("role"), IAM(session), session.account)
    if found.file is not None:
        if not s3.bucket_exists(found.uri.bucket):
            s3.create_bucket(found.uri.bucket)
        s3.upload(found.file, found.uri)
    model = Model(resolved.uri, str(found.uri), arn, settings.get("env", {}))
    return Deployed(Endpoints(session, model, name, tuning.max_concurrency, AWS_POLL), Metrics(session))


def question(tuning: Tuning, prices: Prices) -> str:
    """What is asked before anything costs money, with the most that calls of a second would cost."""
    from deploy.cost.estimate import call_usd
    from deploy.cost.report import money
    from deploy.tune.options import calls_each

    calls = calls_each(tuning)
    most = sum(calls * call_usd(size, 1000, prices) for size in tuning.sizes)
    return (
        f"This makes {len(tuning.sizes)} serverless endpoints, calls each some {calls} times and deletes them. "
        f"It takes minutes for each, and costs up to {money(most)} if a call takes a second. Go ahead?"
    )


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar with the time left on a terminal; else a line now and then."""
    with _bar() if sys.stderr.isatty() else _lines() as show:
        yield show


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("measuring", total=None)
        yield lambda done, total, text: bar.update(task, completed=done, total=total, description=text)


@contextmanager
def _lines(clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    told = clock()
    first: tuple[int, float] | None = None  # what was done by when: bringing up the first endpoint isn't a call

    def show(done: int, total: int, text: str) -> None:
        nonlocal told, first
        now = clock()
        if done and first is None:
            first = done, now
        if now - told < TELL_SECONDS and done:
            return
        told = now
        left = ""
        if first and done > first[0]:
            left = f", about {(now - first[1]) / (done - first[0]) * (total - done):.0f} s left"
        say(f"  {done} of {total} calls{left}; {text}")

    yield show
