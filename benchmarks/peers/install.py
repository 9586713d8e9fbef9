"""Installs peers under build/bench/peers and says how each is started; one that can't be installed is noted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.peers import bentoml, litserve, mlflow, mlserver
from benchmarks.rounds import say

HERE = Path(__file__).parent
Adapter = Callable[[Path, Path, Sequence[str]], Contender]
"""From its environment's bin/, a folder with bare/model/model.joblib and the columns' names to a contender."""

PEERS: dict[str, Adapter] = {
    "litserve": litserve.contender,
    "mlserver": mlserver.contender,
    "mlflow": mlflow.contender,
    "bentoml": bentoml.contender,
}


def installed(work: Path, folder: Path, columns: Sequence[str]) -> list[Contender]:
    """All peers; one whose installation fails is there too, with a command that fails and says why."""
    return [_peer(name, adapter, work / "peers" / name, folder, columns) for name, adapter in PEERS.items()]


def _peer(name: str, adapter: Adapter, place: Path, folder: Path, columns: Sequence[str]) -> Contender:
    say(f"installing {name}")
    try:
        _install(place, HERE / f"{name}.txt")
        return replace(adapter(place.resolve() / "bin", folder.resolve(), columns), peer=True)
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or str(error)).strip().splitlines()[-1]
        return Contender(name, name, ("sh", "-c", 'echo "$0"; exit 1', reason), peer=True)


def _install(place: Path, requirements: Path) -> None:
    wanted, mark = requirements.read_text(), place / "installed.txt"
    if mark.exists() and mark.read_text() == wanted:
        return
    _run(sys.executable, "-m", "venv", "--clear", str(place))
    _run(str(place / "bin" / "pip"), "install", "--quiet", "--requirement", str(requirements))
    mark.write_text(wanted)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
