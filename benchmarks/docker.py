"""What needs Docker: how large the images are, and whether a big forest serves in a small container."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

from benchmarks.client import Connection
from benchmarks.contenders import Contender
from benchmarks.rows import Rows

LIMITS = ("--user", "65534:65534", "--read-only", "--tmpfs", "/tmp", "--memory", "1024m", "--memory-swap", "1024m")
PATIENCE_SECONDS = 120.0


def docker(*arguments: str) -> str:
    """Output of a docker command; CalledProcessError, or OSError without Docker."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def image_bytes(image: str) -> int | None:
    """An image's size; None where it, or Docker, isn't there."""
    try:
        return int(docker("image", "inspect", "--format", "{{.Size}}", image))
    except (OSError, subprocess.CalledProcessError):
        return None


def serves(image: str, base: Path, contender: Contender, rows: Rows) -> float:
    """Seconds until the model in `base`/model is ready in 1024 MB without swap; then 200 single rows, and 10,000.

    ValueError where an answer is wrong or the container ends; CalledProcessError or OSError where Docker can't.
    """
    mount = f"{(base / 'model').resolve()}:/opt/ml/model:ro"
    started = time.perf_counter()
    container = docker("run", "--detach", *LIMITS, "--publish", "127.0.0.1::8080", "--volume", mount, image, "serve")
    try:
        port = int(docker("port", container, "8080").splitlines()[0].rpartition(":")[2])
        _wait(container, port)
        seconds = time.perf_counter() - started
        with contextlib.closing(Connection(port)) as connection:
            for size, count in ((1, 200), (10_000, 3)):
                batches = rows.batches(size, seed=0)
                for _ in range(count):
                    batch = next(batches)
                    if wrong := contender.wrong(batch, *connection.ask(contender.request(batch.lines))):
                        raise ValueError(f"{wrong} of {size} answers are wrong")
        if docker("inspect", "--format", "{{.State.OOMKilled}}", container) == "true":
            raise ValueError("it outgrew its memory")
        return seconds
    finally:
        docker("rm", "--force", container)


def _wait(container: str, port: int) -> None:
    end = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < end:
        if docker("inspect", "--format", "{{.State.Running}}", container) != "true":
            raise ValueError(f"it ended: {docker('logs', '--tail', '3', container)}")
        with contextlib.suppress(OSError), contextlib.closing(Connection(port, 5)) as connection:
            if connection.ask(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 200:
                return
        time.sleep(0.01)
    raise ValueError(f"not ready after {PATIENCE_SECONDS:g} s")
