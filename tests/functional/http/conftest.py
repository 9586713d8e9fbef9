"""A real server for a test: gunicorn in a process of its own, spoken to over a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from container.packing.pack import pack

MODELS = Path(__file__).parents[2] / "support"
START_SECONDS = 60


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, str]:
        return self.json()["error"]


class Server:
    """One `serve` process. Its output goes to a file, so that it never blocks on a full pipe."""

    def __init__(self, model_dir: Path, log: Path, environment: dict[str, str]) -> None:
        self.port = _free_port()
        self.log = log
        base = {"SAGEMAKER_BASE_DIR": str(model_dir.parent), "SAGEMAKER_BIND_TO_PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "container", "serve"],
            env={**os.environ, "PYTHONPATH": str(MODELS), **base, **environment},
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
        )

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """`headers` are given with underscores; a body that is an iterator is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = body is not None and not isinstance(body, bytes | str)
        if chunked:
            sent["Transfer-Encoding"] = "chunked"
        try:
            connection.request(method, path, body=body, headers=sent, encode_chunked=chunked)
            answer = connection.getresponse()
            return Response(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def post(self, body: Any, content_type: str | None = None, **headers: str) -> Response:
        if content_type is not None:
            headers["Content_Type"] = content_type
        return self.request("POST", "/invocations", body, **headers)

    def ping(self) -> Response:
        return self.request("GET", "/ping")

    def wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.ping().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {START_SECONDS} s: {self.log.read_text()}")

    def events(self) -> list[dict[str, Any]]:
        """What was logged so far; an answer is sent before its line is written."""
        time.sleep(0.2)
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=40)
        finally:
            self.process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


Start = Callable[..., Server]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a server on an estimator (a bare model.joblib), or on a packed model with a sample of rows."""
    servers = []

    def run(estimator: Any, sample: pd.DataFrame | None = None, wait: bool = True, **environment: str) -> Server:
        folder = tmp_path_factory.mktemp("server")
        model_dir = folder / "model"
        model_dir.mkdir()
        joblib.dump(estimator, model_dir / "model.joblib")
        if sample is not None:
            sample.to_csv(folder / "sample.csv", index=False)
            pack(model_dir, folder / "model.tar.gz", folder / "sample.csv")
            (model_dir / "model.joblib").unlink()
            subprocess.run(["tar", "xzf", folder / "model.tar.gz", "-C", model_dir], check=True)
        server = Server(model_dir, folder / "log", environment)
        servers.append(server)
        if wait:
            server.wait_until_ready()
        return server

    yield run
    for server in servers:
        server.stop()


@dataclass(frozen=True)
class Example:
    """A fitted estimator and rows it hasn't seen."""

    estimator: Any
    rows: pd.DataFrame

    @property
    def answers(self) -> np.ndarray:
        return self.estimator.predict(self.rows)


def _table(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {"age": random.normal(50, 20, rows), "bmi": random.normal(25, 5, rows), "bp": random.random(rows)}
    )


@pytest.fixture(scope="session")
def regression() -> Example:
    table = _table(200, seed=0)
    target = table.age * table.bmi / 3 + table.bp
    return Example(RandomForestRegressor(10, random_state=0).fit(table, target), _table(25, seed=1))


@pytest.fixture(scope="session")
def classification() -> Example:
    table = _table(200, seed=0)
    labels = np.where(table.age > 60, "old", np.where(table.bmi > 25, 'so, "so"', "young"))
    return Example(RandomForestClassifier(10, random_state=0).fit(table, labels), _table(25, seed=1))


@pytest.fixture(scope="session")
def with_text() -> Example:
    table = _table(200, seed=0).assign(city=["Zürich", "Oslo", "007", "Rome"] * 50)
    encoder = ColumnTransformer([("city", OneHotEncoder(), ["city"])], remainder="passthrough")
    pipeline = Pipeline([("columns", encoder), ("forest", RandomForestRegressor(10, random_state=0))])
    pipeline.fit(table, table.age + (table.city == "Oslo") * 100)
    return Example(pipeline, _table(8, seed=1).assign(city=["Oslo", "007"] * 4))
