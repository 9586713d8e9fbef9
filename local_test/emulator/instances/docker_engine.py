"""The Docker engine: where it is, what its machine is like, its failures in our words, and its containers' numbers."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import docker
import docker.errors
from docker.context.api import ContextAPI
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from local_test.emulator.instances.cgroup import Reading
from local_test.emulator.instances.instance import BackendDown, CannotStart, ImageNotFound

SECONDS: Final = 60
"""How long the engine may take for one answer."""
STATS_SECONDS: Final = 1.0
"""Between two questions for a container's numbers."""


class Engine(NamedTuple):
    """A client, and what its engine told."""

    client: docker.DockerClient
    cpus: int
    is_here: bool
    """On this very machine: its containers' addresses can be reached, its files are ours."""


def connect() -> Engine:
    """Docker as the user has it: DOCKER_HOST, else the current context. Raises BackendDown."""
    settings: dict[str, Any] = dict(kwargs_from_env())
    with translated("Docker"):
        if "base_url" not in settings:
            context = ContextAPI.get_current_context()
            settings = {"base_url": context.Host, "tls": context.TLSConfig or False}
        client = docker.DockerClient(**settings, timeout=SECONDS, max_pool_size=64)
        info = client.info()
    is_here = (
        sys.platform == "linux"
        and str(settings["base_url"]).startswith(("unix://", "http+unix://"))
        and info["OperatingSystem"] != "Docker Desktop"
        and not any("rootless" in option for option in info["SecurityOptions"] or ())
    )
    return Engine(client, int(info["NCPU"]), is_here)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises ImageNotFound, CannotStart or BackendDown for what docker-py raises; `what` was asked for."""
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise ImageNotFound(f"There is no image {what}: {error.explanation}") from None
    except docker.errors.APIError as error:
        raise CannotStart(f"Docker can't start {what}: {error.explanation}") from None
    except (RequestException, docker.errors.DockerException, OSError) as error:
        raise BackendDown(f"Docker doesn't answer: {error}") from None


class EngineMemory:
    """A container's memory as the engine tells it, for engines whose control groups aren't on this machine."""

    def __init__(self, container: Any) -> None:
        self._container = container
        self._at = 0.0
        self._last: Reading | None = Reading(0, killed=False)

    def read(self) -> Reading | None:
        """As Memory has it, about once a second: asking is dear."""
        if time.monotonic() - self._at >= STATS_SECONDS:
            self._last = self._ask()
            self._at = time.monotonic()
        return self._last

    def _ask(self) -> Reading | None:
        try:
            stats = self._container.client.api.stats(self._container.id, stream=False, one_shot=True)["memory_stats"]
            self._container.reload()
        except (RequestException, docker.errors.DockerException):
            return None
        details = stats.get("stats", {})
        unused = details.get("total_inactive_file", details.get("inactive_file", 0))
        return Reading(max(stats.get("usage", 0) - unused, 0), self._container.attrs["State"]["OOMKilled"])
