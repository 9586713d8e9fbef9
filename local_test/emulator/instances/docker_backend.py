"""Instances as containers, under the platform's limits as far as this machine's Docker can enforce them."""

from __future__ import annotations

import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import docker.errors
from docker.types import LogConfig

from container import contract
from local_test.emulator.instances import cgroup, job_files
from local_test.emulator.instances.disk import DiskFailed, Disks
from local_test.emulator.instances.docker_engine import Engine, EngineMemory, translated
from local_test.emulator.instances.docker_instance import ENGINE_FAILURES, DockerInstance
from local_test.emulator.instances.instance import BackendDown, CannotStart, ImageNotFound, Launch, Lines
from local_test.emulator.instances.owner import Owner
from local_test.emulator.instances.ticker import Ticker

LABEL: Final = "coppice.local"
"""On whatever an emulator makes in Docker; its value is the emulator's id."""
PROCESS_LABEL: Final = "coppice.local.process"
"""The emulator's process, so that a later one knows whether that has ended."""
OWNER_LABEL: Final = "coppice.local.owner"

LOOPBACK: Final = re.compile(r"(localhost|127(\.\d{1,3}){3})(:\d+)?")
"""A registry's address on this machine."""
USER: Final = "65534:65534"
"""AWS doesn't say which uid a serverless container gets; it is none that the image knows of."""
PIDS: Final = 1024
"""Lambda's documented number of processes and threads; for serverless endpoints an assumption."""
STOPS_AT_ONCE: Final = 16
TICK: Final = 0.05
"""Seconds between two looks at the memory."""


class DockerBackend:
    """Starts containers that have no way out, on a network of this emulator's own."""

    name = "docker"

    def __init__(self, engine: Engine, folder: Path, disk_bytes: int, max_cpus: float) -> None:
        """`disk_bytes` is the size of /tmp; `max_cpus` the largest share that will be asked for."""
        self._engine = engine
        self._client = engine.client
        self._id = uuid.uuid4().hex[:12]
        self._labels = {LABEL: self._id, PROCESS_LABEL: str(Owner.this())}
        self._disk_bytes = disk_bytes
        self._disks, not_enforced = _disks(engine, folder, disk_bytes)
        if not engine.is_here:
            not_enforced += ("network",)
        if engine.cpus < max_cpus:
            not_enforced += (f"CPU share beyond this machine's {engine.cpus}",)
        self.not_enforced = not_enforced
        self._lock = threading.Lock()
        self._one_network = threading.Lock()
        self._network: str | None = None
        self._running: dict[str, DockerInstance] = {}
        self._disk_of: dict[str, Path] = {}
        self._left: list[Any] = []
        """Containers that are to be removed, once Docker answers again."""
        self._closed = threading.Event()
        self._ticker = Ticker(TICK, self._look, "container memory")

    def resolve(self, image: str) -> None:
        """As Backend has it: what Docker has already, or can pull from a registry on loopback: the emulator's."""
        with translated(image):
            try:
                self._client.images.get(image)
            except docker.errors.ImageNotFound:
                self._pull(image)
            except docker.errors.APIError as error:
                if error.is_client_error():  # its name is none
                    raise ImageNotFound(f"There is no image {image}: {error.explanation}") from None
                raise

    def _pull(self, image: str) -> None:
        registry = image.partition("/")[0]
        if ".dkr.ecr." in registry:
            raise ImageNotFound(
                f"There is no image {image} on this machine, and ECR itself is out of reach here. Push it to the "
                "registry that the emulator's ECR names (aws ecr describe-repositories)."
            )
        if not LOOPBACK.fullmatch(registry):
            raise ImageNotFound(f"There is no image {image} on this machine, and SageMaker pulls from ECR alone.")
        try:
            self._client.images.pull(image)
        except docker.errors.APIError as error:
            raise ImageNotFound(f"There is no image {image}: {error.explanation}") from None

    def start(self, launch: Launch, lines: Lines) -> DockerInstance:
        """As Backend has it."""
        if self._closed.is_set():
            raise BackendDown("The emulator is closing.")
        self._remove_left()
        disk = self._new_disk(launch)
        container = None
        try:
            with translated(launch.image):
                command = list(launch.program.arguments) if launch.program else "serve"
                container = self._client.containers.create(launch.image, command, **self._options(launch, disk))
                if launch.program:
                    job_files.put(container, launch.program.base)
                instance = self._run(container, launch, lines)
        except BaseException:
            self._clean_up(container, disk)
            raise
        with self._lock:
            self._running[instance.id] = instance
            if disk is not None:
                self._disk_of[instance.id] = disk
        if self._closed.is_set():
            instance.stop(0)
            raise BackendDown("The emulator is closing.")
        return instance

    def trouble(self) -> str | None:
        """As Backend has it."""
        try:
            self._client.ping()
        except ENGINE_FAILURES as error:
            return f"Docker doesn't answer: {error}"
        return None

    def close(self) -> None:
        """Remove every container, disk and network."""
        with self._lock:
            self._closed.set()
            running = list(self._running.values())
        with ThreadPoolExecutor(STOPS_AT_ONCE) as pool:
            list(pool.map(lambda instance: instance.stop(0), running))
        self._ticker.close()
        self._remove_left()
        with suppress(*ENGINE_FAILURES):
            if self._network is not None:
                self._client.networks.get(self._network).remove()
        self._client.close()

    def _run(self, container: Any, launch: Launch, lines: Lines) -> DockerInstance:
        # Attached before it starts, so that the first line is ours, and without a log file, so that megabytes are.
        output = self._client.api.attach(container.id, stdout=True, stderr=True, stream=True, demux=True)
        container.start()
        container.reload()
        return DockerInstance(
            container,
            self._address(container),
            cgroup.find(container.id, container.attrs["State"]["Pid"]) or EngineMemory(container),
            limit=launch.memory_mb * contract.MEBIBYTE if launch.memory_mb else None,
            output=output,
            lines=lines,
            remove=self._remove,
            base=launch.program.base if launch.program else None,
        )

    def _options(self, launch: Launch, disk: Path | None) -> dict[str, Any]:
        options: dict[str, Any] = {
            "name": f"coppice-local-{uuid.uuid4().hex[:12]}",
            "labels": {**self._labels, OWNER_LABEL: launch.owner},
            "environment": dict(launch.environment),
            "log_config": LogConfig(type="none"),
            "volumes": {},
        }
        if launch.model is not None:
            options["volumes"][str(launch.model)] = {"bind": f"{contract.BASE_DIR}/model", "mode": "ro,z"}
        if launch.program:
            options["entrypoint"] = launch.program.entrypoint and list(launch.program.entrypoint)
            # As on AWS, training may reach out. On this machine, the host's network is where the emulator is heard.
            options["network_mode"] = (
                "none" if launch.program.isolated else "host" if self._engine.is_here else "bridge"
            )
        elif self._engine.is_here:
            options["network"] = self._own_network()
        else:
            options["ports"] = {f"{contract.PORT}/tcp": ("127.0.0.1", None)}
        if launch.memory_mb is not None:
            options |= self._serverless(launch)
            if disk is not None:
                options["volumes"][str(disk)] = {"bind": "/tmp", "mode": "rw,z"}  # noqa: S108 - the container's
            else:
                options["tmpfs"] = {"/tmp": f"size={self._disk_bytes},mode=1777,exec"}  # noqa: S108
        return options

    def _serverless(self, launch: Launch) -> dict[str, Any]:
        return {
            "user": USER,
            "read_only": True,
            "mem_limit": f"{launch.memory_mb}m",
            "memswap_limit": f"{launch.memory_mb}m",
            "nano_cpus": int(min(launch.cpus or self._engine.cpus, self._engine.cpus) * 1e9),
            "pids_limit": PIDS,
            "ipc_mode": "none",
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
        }

    def _new_disk(self, launch: Launch) -> Path | None:
        if self._disks is None or launch.memory_mb is None:
            return None
        try:
            return self._disks.make()
        except (OSError, DiskFailed) as error:
            raise CannotStart(f"There is no disk for /tmp: {error}.") from None

    def _own_network(self) -> str:
        """The network's name; made at the first need, and again should somebody have removed it."""
        with self._one_network:
            if self._network is None or not self._client.networks.list(names=[self._network]):
                self._network = f"coppice-local-{self._id}"
                self._client.networks.create(
                    self._network,
                    driver="bridge",
                    internal=True,
                    options={"com.docker.network.bridge.enable_icc": "false"},  # instances don't see each other
                    labels=self._labels,
                )
            return self._network

    def _address(self, container: Any) -> tuple[str, int]:
        settings = container.attrs["NetworkSettings"]
        if self._network in settings["Networks"]:
            return settings["Networks"][self._network]["IPAddress"], contract.PORT
        published = (settings["Ports"].get(f"{contract.PORT}/tcp") or [{"HostPort": 0}])[0]
        return "127.0.0.1", int(published["HostPort"])

    def _look(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for instance in running:
            instance.look()

    def _remove(self, instance: DockerInstance) -> None:
        with self._lock:
            self._running.pop(instance.id, None)
            disk = self._disk_of.pop(instance.id, None)
        self._clean_up(instance.container, disk)

    def _clean_up(self, container: Any, disk: Path | None) -> None:
        if container is not None:
            self._remove_container(container)
        if self._disks is not None and disk is not None:
            self._disks.remove(disk)

    def _remove_container(self, container: Any) -> None:
        try:
            container.remove(v=True, force=True)
        except docker.errors.APIError:
            """Somebody else has removed it, or is at it."""
        except ENGINE_FAILURES:
            with self._lock:
                self._left.append(container)

    def _remove_left(self) -> None:
        with self._lock:
            left, self._left = self._left, []
        for container in left:
            self._remove_container(container)


def _disks(engine: Engine, folder: Path, size: int) -> tuple[Disks | None, tuple[str, ...]]:
    if engine.is_here:
        with suppress(DiskFailed, OSError):
            return Disks(folder, size), ()
    return None, ("/tmp counts as memory",)  # noqa: S108 - the container's


def sweep(engine: Engine) -> None:
    """Remove the containers and networks of emulators that have ended. Raises BackendDown."""
    ours: dict[str, Any] = {"label": PROCESS_LABEL}
    with translated("the sweep"):
        for container in engine.client.containers.list(all=True, ignore_removed=True, filters=ours):
            if _is_orphan(container.labels):
                with suppress(docker.errors.APIError):
                    container.remove(v=True, force=True)
        for network in engine.client.networks.list(filters=ours):
            if _is_orphan(network.attrs["Labels"]):
                with suppress(docker.errors.APIError):
                    network.remove()


def _is_orphan(labels: dict[str, str]) -> bool:
    owner = Owner.read(labels[PROCESS_LABEL])
    return owner is not None and owner.is_gone()
