"""The image's `serve` program, started on this machine again and again, to see what its start is made of.

The program itself says how long its parts took; the first answer is timed from here. Which imports are slow is
Python's own to say (-X importtime), in a start of its own, because saying so takes time.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from deploy.aws.invocation import Call, ContainerSaidNo
from deploy.errors import DeployError, ModelFailed
from deploy.invoke.local import Container

STARTS: Final = 5
PATIENCE_SECONDS: Final = 30
SLOWEST: Final = 6
"""Packages that are named."""
PARTS: Final = {
    "interpreter": "from the process's start to our first line",
    "imports": "the server, and what it needs",
    "mapping": "the model: opened, checked, mapped or loaded",
    "server": "until requests are answered",
    "first answer": "of the model, to its own example",
}
_IMPORT: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")


class Profile(NamedTuple):
    """Milliseconds: the median of each part of a start, in order, and what the slowest packages took to import."""

    parts: Mapping[str, float]
    imports: tuple[tuple[str, float], ...]


def profile(model: Path, environment: Mapping[str, str], call: Call | None, starts: int = STARTS) -> Profile:
    """Take the start apart. `model` is a folder, or a lone model file; `call` is what is asked first, if anything.

    Raises DeployError where the program ends instead, and ModelFailed where it doesn't answer the call.
    """
    with tempfile.TemporaryDirectory(prefix="coppice-start-") as folder:
        base = _base(Path(folder), model)
        taken = [_start(base, environment, call) for _ in range(starts)]
        imports = _imports(base, environment)
    return Profile({part: statistics.median(one[part] for one in taken) for part in taken[0]}, imports)


def lines(found: Profile, starts: int = STARTS) -> list[str]:
    """A profile for people."""
    total = sum(round(took) for took in found.parts.values())  # what people add up is what they see
    said = [f"a start of the image's program, without the container around it (median of {starts}):"]
    said += [f"  {part:12} {took:7.0f} ms  {PARTS[part]}" for part, took in found.parts.items()]
    said += [
        f"  {'together':12} {total:7} ms",
        "the slowest imports (timed apart, where each takes a little longer):",
    ]
    return said + [f"  {name:12} {took:7.0f} ms" for name, took in found.imports]


def _base(folder: Path, model: Path) -> Path:
    """What stands for /opt/ml."""
    if model.is_dir():
        (folder / "model").symlink_to(model.resolve(), target_is_directory=True)
    else:
        (folder / "model").mkdir()
        (folder / "model" / f"model{model.suffix}").symlink_to(model.resolve())
    return folder


def _start(base: Path, environment: Mapping[str, str], call: Call | None) -> dict[str, float]:
    with _program(base, environment) as program:
        started = program.started()
        parts = {part: float(took) for part, took in started["milliseconds"].items() if part != "total"}
        if call is not None:
            began = time.perf_counter()
            try:
                Container(f"http://127.0.0.1:{started['port']}").invoke(call)
            except ContainerSaidNo as refusal:
                raise ModelFailed(f"The model answers its own example with {refusal.status}: {refusal.said}") from None
            parts["first answer"] = 1000 * (time.perf_counter() - began)
        return parts


def _imports(base: Path, environment: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    spent: Counter[str] = Counter()
    with _program(base, environment, "-X", "importtime") as program:
        program.started()
        for microseconds, module in _IMPORT.findall(program.errors()):
            package = module.partition(".")[0]
            spent[package if package not in sys.stdlib_module_names else "Python's own"] += int(microseconds)
    return tuple((name, microseconds / 1000) for name, microseconds in spent.most_common(SLOWEST))


class _Program(NamedTuple):
    base: Path
    process: subprocess.Popen[str]
    stderr: IO[str]
    """A file, which is never full: of imports there is much to say."""

    def started(self) -> dict[str, Any]:
        """The program's own line about its start."""
        assert self.process.stdout is not None  # noqa: S101 - asked for below
        for line in self.process.stdout:
            if '"event":"started"' in line:
                said: dict[str, Any] = json.loads(line)
                return said
        self.process.wait()
        why = self.errors().strip() or "it said nothing"
        for ours, theirs in {f" at {self.base / 'model'}": "", "in the log above": "in its log"}.items():
            why = why.replace(ours, theirs)
        raise DeployError(f"The program ended instead of serving: {why}", "Without --profile-start its log is shown.")

    def errors(self) -> str:
        self.stderr.seek(0)
        return self.stderr.read()


@contextmanager
def _program(base: Path, environment: Mapping[str, str], *options: str) -> Iterator[_Program]:
    command = [sys.executable, "-P", *options, "-m", "container", "serve"]
    with tempfile.TemporaryFile("w+", errors="replace") as stderr:
        process = subprocess.Popen(  # noqa: S603 - no shell
            command,
            env={**environment, "SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            yield _Program(base, process, stderr)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
