"""Why a training script failed, out of what it left on stderr: for people, and for the job's FailureReason."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Final

from container.errors import ContainerError, ScriptFailed
from container.training.child import Ended

_TRACEBACK: Final = "Traceback (most recent call last):"
_FRAME: Final = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_MISSING: Final = re.compile(r"^ModuleNotFoundError: No module named '(?P<name>[^']+)'", re.MULTILINE)
_MOST_CHARS: Final = 600


class TrainingStopped(ContainerError):
    """The script ended because it was told to."""

    code = "training_stopped"


def explain(program: str, ended: Ended, folder: Path) -> ContainerError:
    """The failure as one paragraph, the exception first."""
    if ended.code < 0:
        return _killed(program, -ended.code)
    said = _exception(ended.errors)
    if missing := _MISSING.search(ended.errors):
        package = missing["name"].partition(".")[0]
        return ScriptFailed(
            f"{program} imports {missing['name']!r}, which isn't in this image.",
            f"Put it into the image, in a Dockerfile: FROM coppice, then RUN pip install {package}",
        )
    where = _place(ended.errors, folder)
    failure = f"{said} ({where})" if where else said or "it said nothing"
    return ScriptFailed(f"{program} failed with exit code {ended.code}: {failure}", "The log has the whole traceback.")


def _exception(errors: str) -> str:
    """What the last traceback ends in; without one, the last line, as sys.exit("…") leaves it."""
    start = errors.rfind(_TRACEBACK)
    if start < 0:
        lines = [line.strip() for line in errors.splitlines() if line.strip()]
        return lines[-1][:_MOST_CHARS] if lines else ""
    lines = errors[start:].splitlines()[1:]
    first = next((place for place, line in enumerate(lines) if line and not line.startswith(" ")), None)
    return "" if first is None else "\n".join(lines[first:]).strip()[:_MOST_CHARS]


def _place(errors: str, folder: Path) -> str:
    """The last line of the user's own in the last traceback."""
    start = errors.rfind(_TRACEBACK)
    frames = [] if start < 0 else list(_FRAME.finditer(errors, start))
    own = [frame for frame in frames if not Path(frame["file"]).is_absolute() or folder in Path(frame["file"]).parents]
    return f"{Path(own[-1]['file']).name}, line {own[-1]['line']}" if own else ""


def _killed(program: str, number: int) -> ContainerError:
    name = signal.Signals(number).name
    if number == signal.SIGTERM:
        return TrainingStopped(f"{program} was stopped (SIGTERM).")
    hint = "It may have outgrown the memory: take a larger instance." if number == signal.SIGKILL else ""
    return ScriptFailed(f"{program} was killed by {name}.", hint)
