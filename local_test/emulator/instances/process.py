"""Instances as processes of this checkout, for machines without Docker: the same protocol, fewer limits."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import psutil

from container.contract import MEBIBYTE
from local_test.emulator.instances.instance import BackendDown, CannotStart, Exit, ImageNotFound, Launch, Lines
from local_test.emulator.instances.lines import LineCutter
from local_test.emulator.instances.owner import Owner
from local_test.emulator.instances.process_memory import Measure, groups
from local_test.emulator.instances.ticker import Ticker

HOST: Final = "127.0.0.1"
COMMAND: Final = (sys.executable, "-P", "-m", "container", "serve")
ENVIRONMENT: Final = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What the image's Dockerfile sets; of this machine's own nothing, so no credentials."""
OWNER_FILE: Final = "process"
TICK: Final = 0.05
"""Seconds between two looks at the memory."""
DRAIN_SECONDS: Final = 5.0
"""How long a killed instance's last lines may take."""


class ProcessBackend:
    """Starts this checkout's `serve`, whatever digest its image has."""

    name = "process"
    not_enforced: tuple[str, ...] = ("CPU share", "file system", "uid", "network", "5 GB of /tmp")

    def __init__(self, folder: Path, images: Collection[str], command: tuple[str, ...] = COMMAND) -> None:
        """`images` are the URIs or digests that stand for this checkout; `command` is what serves."""
        self._folder = folder
        self._images = images
        self._command = command
        self._lock = threading.Lock()
        self._running: dict[str, ProcessInstance] = {}
        self._ports: set[int] = set()
        self._closed = threading.Event()
        self._ticker = Ticker(TICK, self._look, "process memory")

    def resolve(self, image: str) -> None:
        """As Backend has it: only this checkout's image is there."""
        if image not in self._images and image.rpartition("@")[2] not in self._images:
            raise ImageNotFound(
                f"There is no image {image}: without Docker only this checkout's own can run "
                f"({', '.join(sorted(self._images)) or 'none was built'})."
            )

    def start(self, launch: Launch, lines: Lines) -> ProcessInstance:
        """As Backend has it."""
        self.resolve(launch.image)
        command = _command(self._command, launch)
        with self._lock:
            if self._closed.is_set():
                raise BackendDown("The emulator is closing.")
            port = self._free_port()
        folder = self._folder / uuid.uuid4().hex
        try:
            process = _launch(command, folder, port, launch)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self._give_back(port)
            raise CannotStart(f"The process can't be started: {error.strerror or error}.") from None
        instance = ProcessInstance(process, folder, port, launch, lines)
        instance.when_gone = lambda: self._forget(instance)
        with self._lock:
            self._running[instance.id] = instance
        if self._closed.is_set():
            instance.stop(0)
            raise BackendDown("The emulator is closing.")
        return instance

    def trouble(self) -> str | None:
        """As Backend has it; processes can always be started."""
        return None

    def close(self) -> None:
        """Kill what still runs."""
        with self._lock:
            self._closed.set()
            running = list(self._running.values())
        for instance in running:
            instance.stop(0)
        self._ticker.close()

    def _look(self) -> None:
        with self._lock:
            running = list(self._running.values())
        members = groups() if running else {}
        for instance in running:
            instance.look(members.get(instance.pgid, []))

    def _forget(self, instance: ProcessInstance) -> None:
        with self._lock:
            self._running.pop(instance.id, None)
        self._give_back(instance.port)

    def _give_back(self, port: int) -> None:
        with self._lock:
            self._ports.discard(port)

    def _free_port(self) -> int:
        """One that nobody has and that no other instance has been promised."""
        while True:
            with socket.create_server((HOST, 0)) as probe:
                port: int = probe.getsockname()[1]
            if port not in self._ports:
                self._ports.add(port)
                return port


def _command(serve: tuple[str, ...], launch: Launch) -> tuple[str, ...]:
    if launch.program is None:
        return serve
    if launch.program.entrypoint is not None:
        raise CannotStart(
            "The training job brings an entry point of its own (as SageMaker's SDK v3 does for a script), whose paths "
            "are a container's: without Docker that can't be run."
        )
    return (*serve[:-1], *launch.program.arguments)


def _launch(command: tuple[str, ...], folder: Path, port: int, launch: Launch) -> subprocess.Popen[bytes]:
    home, base = folder / "tmp", folder / "ml"
    home.mkdir(parents=True)
    base.mkdir()
    if launch.model is not None:
        (base / "model").symlink_to(launch.model.resolve(), target_is_directory=True)
    if launch.program is not None:
        base = launch.program.base
    own = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_BASE_DIR": str(base),
        "SM_MODEL_DIR": str(base / "model"),
    }
    process = subprocess.Popen(  # noqa: S603 - no shell
        command,
        env={**ENVIRONMENT, **launch.environment, **own},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with suppress(psutil.NoSuchProcess):  # where it has ended by now, there is nothing to be swept later
        (folder / OWNER_FILE).write_text(str(Owner.of(process.pid)))
    return process


class ProcessInstance:
    """One process group, its folder and its lines."""

    host = HOST

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, port: int, launch: Launch, lines: Lines) -> None:
        self.id = folder.name
        self.port = port
        self.pgid = process.pid
        self.when_gone: Callable[[], None] = lambda: None
        self._process = process
        self._folder = folder
        self._limit = launch.memory_mb * MEBIBYTE if launch.memory_mb else None
        self._measure = Measure()
        self._out_of_memory = False
        self._group_gone = False
        self._stopping = threading.Lock()
        self._stopped = False
        assert process.stdout is not None  # noqa: S101 - for mypy: it is a pipe
        self._reader = threading.Thread(
            target=_read, args=(process.stdout, LineCutter(lines)), name=f"lines of {self.id}", daemon=True
        )
        self._reader.start()

    def ended(self) -> Exit | None:
        """As Instance has it."""
        code = self._process.poll()
        if code is None:
            return Exit(128 + signal.SIGKILL, True) if self._out_of_memory else None
        return Exit(code if code >= 0 else 128 - code, self._out_of_memory)

    def memory_bytes(self) -> int:
        """As Instance has it: the highest PSS of the whole group, of all moments looked at."""
        return self._measure.peak

    def memory_now(self) -> int:
        """As Instance has it."""
        return self._measure.now

    def look(self, processes: list[psutil.Process]) -> None:
        """Called at every tick with what is in the group: measure; kill what is too large, or has no parent."""
        if self._process.poll() is not None:
            self._group_gone |= not processes
            self._kill(processes)
        elif self._limit is None:
            self._measure.take(processes)
        elif self._measure.take(processes) > self._limit:
            self._out_of_memory = True
            self._kill(processes)

    def end(self, grace: float) -> None:
        """As Instance has it."""
        with self._stopping:
            if self._process.poll() is None:
                self._process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace)
            self._kill(_descendants(self.pgid))
            self._process.wait()

    def collect(self) -> None:
        """As Instance has it: the program wrote where it is wanted."""

    def stop(self, grace: float) -> None:
        """As Instance has it."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            children = _descendants(self.pgid)
            if self._process.poll() is None:
                self._process.terminate()  # the first process alone, as Docker does
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace)
            self._kill([*children, *_descendants(self.pgid)])
            self._process.wait()
            self._reader.join(DRAIN_SECONDS)
            shutil.rmtree(self._folder, ignore_errors=True)
        self.when_gone()

    def _kill(self, others: list[psutil.Process]) -> None:
        if not self._group_gone:  # by then its number may be another's
            _kill_group(self.pgid)
        for process in others:  # some may have left the group
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)


def _kill_group(pgid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, signal.SIGKILL)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _read(stream: IO[bytes], cutter: LineCutter) -> None:
    with stream:
        while data := os.read(stream.fileno(), 64 * 1024):
            cutter.feed(data)
    cutter.end()


def sweep(folder: Path) -> None:
    """Kill the processes that a dead emulator left, and remove their folders; `folder` is what it gave its backend."""
    for owner_file in _owner_files(folder):
        owner = Owner.read(owner_file.read_text())
        if owner is not None and not owner.is_gone():
            for process in _descendants(owner.pid):
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            _kill_group(owner.pid)
    shutil.rmtree(folder, ignore_errors=True)


def _owner_files(folder: Path) -> Iterator[Path]:
    return folder.glob(f"*/{OWNER_FILE}")
