"""Programs run as SageMaker and people run them: in processes of their own."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from container.server import launch
from container.training.program import do_job
from deploy.cli import main

PROGRAM_SECONDS = 30
Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program() -> Program:
    """`python -m container train|serve` below a base folder; a program that hangs fails its test."""

    def program(name: str, base: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "container", name],
            env={**os.environ, "SAGEMAKER_BASE_DIR": str(base), **environment},
            capture_output=True,
            text=True,
            timeout=PROGRAM_SECONDS,
            check=False,
        )

    return program


@pytest.fixture
def start(tmp_path: Path) -> Program:
    """`serve` in a fork of this process, which has imported everything: as good as a new one, and ten times as fast."""

    def start(base: Path, **environment: str) -> Done:
        out, err = tmp_path / "stdout", tmp_path / "stderr"
        child = multiprocessing.get_context("fork").Process(target=_serve, args=(base, environment, out, err))
        child.start()
        child.join(PROGRAM_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()
        return Done(child.exitcode or 0, out.read_text(), err.read_text())

    return start


def _serve(base: Path, environment: dict[str, str], out: Path, err: Path) -> None:
    with out.open("w") as sys.stdout, err.open("w") as sys.stderr:
        os.environ.update({"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": "0", **environment})
        code = launch.main(time.monotonic())
    os._exit(code)


@dataclass
class Done:
    """How a program ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Job:
    """One SageMaker training job: its folders, and what became of it. Runs in this process, to save the imports."""

    base: Path
    streams: pytest.CaptureFixture[str]

    def put(self, path: str, content: str) -> None:
        """A file below the input folder."""
        file = self.base / "input" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode())

    def configure(self, name: str, document: Any) -> None:
        """One of SageMaker's configuration files."""
        self.put(f"config/{name}.json", json.dumps(document))

    def run(self, **hyperparameters: Any) -> Done:
        """Train, with three trees unless told otherwise."""
        self.configure("hyperparameters", {"n_estimators": "3"} | hyperparameters)
        said: list[str] = []
        code = do_job({"SAGEMAKER_BASE_DIR": str(self.base)}, said.append)
        return Done(code, "".join(line + "\n" for line in said), self.streams.readouterr().err)

    def succeeds(self, **hyperparameters: Any) -> str:
        """Train, see that it went well, and return what it said."""
        done = self.run(**hyperparameters)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def fails(self, **hyperparameters: Any) -> str:
        """Train, see that it failed as SageMaker wants it, and return the cause."""
        done = self.run(**hyperparameters)
        cause = (self.base / "output/failure").read_text(encoding="utf-8")
        assert done.returncode not in (0, None)
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith(f"Training failed. {cause}")
        assert 0 < len(cause) <= 1024
        assert "\n" not in cause
        return cause

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.base / "model/manifest.json").read_text(encoding="utf-8"))


@pytest.fixture
def job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Job:
    return Job(tmp_path / "ml", capsys)


@pytest.fixture
def coppice(capsys, monkeypatch):
    """The console script's own function, in this process: exit code, stdout and stderr."""

    def coppice(*arguments):
        monkeypatch.setattr(sys, "argv", ["coppice", *map(str, arguments)])
        code = 0
        try:
            main.run()
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return coppice


@pytest.fixture
def table() -> str:
    """Forty rows of two numbers and a quantity, with a header."""
    rows = np.random.default_rng(0).normal(size=(40, 2)).round(3)
    return "a,b,y\n" + "".join(f"{a},{b},{a * 2 + b:.3f}\n" for a, b in rows)
