"""The emulator as a program: what it is made of on this machine, from the port to the signal that ends it."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psutil

from container import __version__
from container.errors import ContainerError
from local_test.emulator import run_folder
from local_test.emulator.emulator import Emulator
from local_test.emulator.instances import choose
from local_test.emulator.instances.instance import BackendDown
from local_test.emulator.options import HOST, Options
from local_test.emulator.registry import checkout
from local_test.emulator.registry import server as registry
from local_test.emulator.registry.images import Images
from local_test.emulator.run_folder import Info, Taken
from local_test.emulator.sweeping import sweep

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANOTHER_STATE: Final = "Take another: coppice local up --state DIR"


class PortTaken(ContainerError):
    """Something else listens there."""

    code = "port_taken"


class StateTaken(ContainerError):
    """Another emulator has the state's folder."""

    code = "state_taken"


class StateUnusable(ContainerError):
    """The state's folder can't be made, or what is in it not be read."""

    code = "state_unusable"


class NoBackend(ContainerError):
    """What should run the instances isn't there."""

    code = "missing"


def run(options: Options, announce: Callable[[Info, Path], None], report: Callable[[str], None]) -> None:
    """Be an emulator until SIGINT, SIGTERM or SIGHUP, and leave nothing but the state.

    `announce` is told once it answers, with the run folder; `report` gets the line of every call.
    Raises PortTaken, StateTaken, StateUnusable and NoBackend.
    """
    with _signals() as signalled, contextlib.ExitStack() as stack:
        sweep()
        port = _free(options.port)
        try:
            folder = stack.enter_context(run_folder.run_folder(port))
        except Taken:
            raise _taken(port) from None
        info = Info(port, os.getpid(), psutil.Process().create_time(), __version__, _state(options, stack))
        run_folder.write(folder, info)
        emulator, chosen = _made(options._replace(port=port), folder, report, stack)
        emulator.start()
        info = info._replace(address=emulator.address, **chosen)
        run_folder.write(folder, info)
        announce(info, folder)
        signalled.recv(1)


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket where a signal can be read, whenever it came.

    What waits for a lock can miss one: Python runs a handler only between two steps, and an Event that the handler
    sets may be locked by the very wait that it interrupts.
    """
    signalled, told = socket.socketpair()
    told.setblocking(False)
    with signalled, told:
        before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
        woken = signal.set_wakeup_fd(told.fileno())
        try:
            yield signalled
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)


def _free(port: int) -> int:
    """The port itself, or a free one for 0. Raises PortTaken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError:
            raise _taken(port) from None
        return int(probe.getsockname()[1])


def _taken(port: int) -> PortTaken:
    info = run_folder.info_in(run_folder.folder_of(port))
    if info is not None and run_folder.process_of(info) is not None:
        return PortTaken(
            f"An emulator runs at port {port} already (pid {info.pid}).",
            f"See it: coppice local status\nEnd it: coppice local down --port {port}\n"
            "Or have another beside it: coppice local up --port 0",
        )
    return PortTaken(
        f"Port {port} is taken{_by_whom(port)}.", f"Take another: coppice local up --port {port + 1}, or --port 0"
    )


def _by_whom(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
            if listens and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""


def _state(options: Options, stack: contextlib.ExitStack) -> str | None:
    if options.state is None:
        return None
    state = options.state.resolve()
    try:
        stack.enter_context(run_folder.locked(state))
    except Taken:
        raise StateTaken(f"{state} is the state of an emulator that runs.", "See which: coppice local status") from None
    except OSError as error:
        raise StateUnusable(f"{state} can't be the state's folder: {error.strerror}.", ANOTHER_STATE) from None
    return str(state)


def _made(
    options: Options, folder: Path, report: Callable[[str], None], stack: contextlib.ExitStack
) -> tuple[Emulator, dict[str, Any]]:
    """The emulator, which is closed with `stack`; and what of its Info follows from how it was made."""
    try:
        backend, why = choose.backend(options, folder, {checkout.DIGEST})
    except BackendDown as error:
        raise NoBackend(str(error), "Start it, or do without: coppice local up --backend process") from None
    stack.callback(backend.close)
    images = _registry(options, folder, stack) if backend.name == "docker" else None
    try:
        emulator = Emulator(options, backend, folder, images, report)
    except sqlite3.DatabaseError as error:
        raise StateUnusable(f"The state in {options.state} can't be read: {error}.", ANOTHER_STATE) from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise _taken(options.port) from None  # since it was looked at
    stack.callback(emulator.close)
    return emulator, {
        "backend": backend.name,
        "why": why,
        "not_enforced": tuple(backend.not_enforced),
        "registry": images and images.host,
    }


def _registry(options: Options, folder: Path, stack: contextlib.ExitStack) -> Images:
    """What is pushed there is kept with the state, if there is one."""
    data = (options.state or folder) / "registry"
    try:
        server = registry.start(data, folder)
    except registry.RegistryFailed as error:
        raise NoBackend(str(error), "Install Debian's docker-registry, or: docker pull registry:2") from None
    stack.callback(server.close)
    return Images(server.host, data)
