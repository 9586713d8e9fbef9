"""Who is measured: how each is started and spoken to. Peers from elsewhere are in peers/."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import client
from benchmarks.rows import Batch

HERE = Path(__file__).parent
PORT = "{port}"
"""Stands for the port in a command or an environment."""


def csv_body(lines: Sequence[str]) -> bytes:
    """Rows as CSV."""
    return "\n".join(lines).encode()


def csv_answers(body: bytes) -> list[float]:
    """One number a line."""
    return [float(line) for line in body.split()]


@dataclass(frozen=True)
class Contender:
    """A server: its command and environment, and what a request and an answer look like."""

    key: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = "/invocations"
    content_type: str = "text/csv"
    ping: str = "/ping"
    encode: Callable[[Sequence[str]], bytes] = csv_body
    parse: Callable[[bytes], list[float]] = csv_answers
    constant: float | None = None
    """What a server without a model answers to everything."""

    peer: bool = False

    def request(self, lines: Sequence[str]) -> bytes:
        """A whole request for these rows."""
        return client.request("POST", self.path, {"Content-Type": self.content_type}, self.encode(lines))

    def wrong(self, batch: Batch, status: int, body: bytes) -> int:
        """How many of a batch's answers aren't the estimator's, to the last bit."""
        if status != 200:
            return len(batch.lines)
        try:
            answers = self.parse(body)
        except (ValueError, KeyError, TypeError, IndexError):
            return len(batch.lines)
        expected = batch.answers if self.constant is None else [self.constant]
        if len(answers) != len(expected):
            return len(batch.lines)
        return sum(one != other for one, other in zip(answers, expected, strict=True))


def coppice(key: str, title: str, base: Path, *program: str) -> Contender:
    """A Coppice with the model in `base`/model."""
    environment = {"SAGEMAKER_BASE_DIR": str(base.resolve()), "SAGEMAKER_BIND_TO_PORT": PORT}
    return Contender(key, title, (sys.executable, "-P", *program), environment)


def plain_server(key: str, title: str, module: str, constant: float | None = None, **environment: str) -> Contender:
    """A file of servers/ under gunicorn."""
    folder = HERE / "servers"
    command = (sys.executable, "-m", "gunicorn", "--config", str(folder / "gunicorn_conf.py"), "--chdir", str(folder))
    return Contender(
        key, title, (*command, "--bind", f"127.0.0.1:{PORT}", f"{module}:app"), environment, constant=constant
    )


def ours(folder: Path) -> list[Contender]:
    """Coppice in its three ways, what one writes without it, and the floor; the model is prepare.py's in `folder`."""
    model = folder / "bare" / "model" / "model.joblib"
    packed, bare = folder / "packed", folder / "bare"
    without_kernel = str(HERE / "servers" / "without_kernel.py")
    return [
        coppice("forest", "Coppice, forest engine", packed, "-m", "container", "serve"),
        coppice("numpy", "Coppice, forest engine without the native kernel", packed, without_kernel),
        coppice("sklearn", "Coppice, scikit-learn engine", bare, "-m", "container", "serve"),
        plain_server("plain", "plain Flask + pandas + scikit-learn", "plain", MODEL_FILE=str(model.resolve())),
        plain_server("empty", "empty Flask app", "empty", constant=0.0),
    ]
