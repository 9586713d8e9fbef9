"""Why a training script failed, out of what it left on stderr: for people, and for the job's FailureReason."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Final

from container.artifact import code
from container.errors import ContainerError
from container.training.child import Ended

_TRACEBACK: Final = "Traceback (most recent call last):"
_FRAME: Final = re.compile(r'^ +(?:\| +)?File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_IN_GROUP: Final = re.compile(r"^ +\| ")
_MISSING: Final = re.compile(r"ModuleNotFoundError: No module named '(?P<name>[^']+)'")
_UNREADABLE: Final = ("SyntaxError", "IndentationError", "TabError")
"""Python says these without a traceback, but with the line."""

_MOST_CHARS: Final = 600


class ScriptEnded(ContainerError):
    """The script didn't come to a good end. `exit_code` is what the job ends with: not 0."""

    code = "script_failed"

    def __init__(self, message: str, hint: str, exit_code: int) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


def explain(program: str, ended: Ended, folder: Path, left: str = "") -> ScriptEnded:
    """The failure as one paragraph, the exception first; `left` is what the script wrote of it itself."""
    if ended.code < 0:
        return _killed(program, -ended.code)
    raised = _exception(ended.errors) if _TRACEBACK in ended.errors else ""
    said = raised or left.strip()[:_MOST_CHARS] or _last_line(ended.errors) or _last_line(ended.output)
    if missing := _MISSING.match(said):
        why, hint = code.absent(missing["name"])
        place = _in_brackets(_place(ended.errors, folder))
        return ScriptEnded(f"{program} imports {missing['name']!r}, {why}{place}.", hint, ended.code)
    place = _in_brackets(_place(ended.errors, folder))
    hint = "The log has the whole traceback." if _TRACEBACK in ended.errors else ""
    failure = f"{said or 'it said nothing'}{place}" + "." * bool(place or not said)
    return ScriptEnded(f"{program} failed with exit code {ended.code}: {failure}", hint, ended.code)


def _in_brackets(place: str) -> str:
    return f" ({place})" if place else ""


def _exception(errors: str) -> str:
    """What the last traceback ends in."""
    start = errors.rfind(_TRACEBACK)
    lines = [_IN_GROUP.sub("", line) for line in errors[start:].splitlines()[1:]]
    first = next((place for place, line in enumerate(lines) if line and line[0] != " "), len(lines))
    end = next((place for place, line in enumerate(lines) if place > first and line.lstrip().startswith("+-")), None)
    return "\n".join(lines[first:end]).strip()[:_MOST_CHARS]


def _last_line(said: str) -> str:
    """As sys.exit("…") leaves it on stderr, and many a script on stdout."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_MOST_CHARS] if lines else ""


def _place(errors: str, folder: Path) -> str:
    """The last line of the user's own in the last traceback."""
    start = errors.rfind(_TRACEBACK)
    if start < 0 and not _last_line(errors).startswith(_UNREADABLE):
        return ""
    frames = _FRAME.finditer(errors, max(start, 0))
    own = [frame for frame in frames if _is_own(frame["file"], folder)]
    return f"{Path(own[-1]['file']).name}, line {own[-1]['line']}" if own else ""


def _is_own(file: str, folder: Path) -> bool:
    """Not what is in a library, nor in Python itself (<frozen os>)."""
    return folder in Path(file).parents or not (Path(file).is_absolute() or file.startswith("<"))


def _killed(program: str, number: int) -> ScriptEnded:
    code = 128 + number
    if number == signal.SIGTERM:
        return ScriptEnded(f"{program} was stopped (SIGTERM).", "", code)
    name = signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"
    hint = "It may have outgrown the memory: take a larger instance." if number == signal.SIGKILL else ""
    return ScriptEnded(f"{program} was killed by {name}.", hint, code)
