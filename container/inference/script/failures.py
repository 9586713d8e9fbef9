"""What a user's script raises, as the caller and the log are told of it."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from container import logs
from container.artifact import code
from container.errors import BadInput, ContainerError, MissingLibrary, ScriptError, ScriptFailed, first_line
from container.inference.script.stand_ins import UnsupportedFormatError

RAISED: Final = BaseException
"""What a script may raise in a request and the server outlives: in a request's thread nobody else raises."""

_OURS: Final = Path(__file__).parents[2]


class Refused(ContainerError):
    """The script's own answer to a request it doesn't take: any status from 400 up."""

    code = "refused_by_script"

    def __init__(self, message: str, status: HTTPStatus) -> None:
        super().__init__(message)
        self.status = status


def in_request(hook: str, error: BaseException, folder: Path) -> ContainerError:
    """The answer to a request on which the script raised, with the traceback as far as it is the user's."""
    if isinstance(error, ContainerError):
        return error
    answer = _answer(hook, error)
    answer.trace = trimmed(error, folder)
    return answer


def _answer(hook: str, error: BaseException) -> ContainerError:
    status = _status(error)
    if hook == "output_fn" and isinstance(error, UnsupportedFormatError):
        status = HTTPStatus.NOT_ACCEPTABLE
    if status is not None:
        return Refused(_words(error, status), status)
    if hook == "input_fn" and isinstance(error, ValueError):
        return BadInput(f"The script doesn't take this body: {first_line(error)}")
    return ScriptFailed(
        f"The script's {hook} raised {type(error).__name__}.",
        "The server's log has the traceback under this request id.",
    )


def _status(error: BaseException) -> HTTPStatus | None:
    """What an exception says of the status: `status_code`, or `code` as Flask's and werkzeug's have it."""
    code: Any = getattr(error, "status_code", None)
    if code is None and hasattr(error, "get_response"):
        code = getattr(error, "code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(code, bool) or not isinstance(code, int) or not 400 <= code < 600:
        return None
    try:
        return HTTPStatus(code)
    except ValueError:  # a number that HTTP has no name for counts as its hundred
        return HTTPStatus(code // 100 * 100)


def _words(error: BaseException, status: HTTPStatus) -> str:
    said = getattr(error, "description", None) or getattr(error, "message", None) or str(error)
    return (str(said).strip().splitlines() or [status.phrase])[0][:1000]


def is_the_servers(error: BaseException) -> bool:
    """Whether it only came while the script ran: the SystemExit of our own answer to SIGTERM, or Ctrl-C."""
    if isinstance(error, SystemExit):
        frames = traceback.extract_tb(error.__traceback__)
        return bool(frames) and _is_in(frames[-1].filename, _OURS)
    return isinstance(error, KeyboardInterrupt)


def at_start(what: str, error: BaseException, folder: Path) -> ContainerError:
    """Why a script can't be used, for the person who starts it; the log gets the traceback.

    `what` names what was being done, as "model_fn" or "importing inference.py".
    """
    if isinstance(error, ContainerError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name:
        why, hint = code.absent(error.name)
        return MissingLibrary(f"{_place(error, folder)} imports {error.name!r}, {why}.", hint)
    logs.event("the script can't be used", level=logging.ERROR, doing=what, traceback=trimmed(error, folder))
    if isinstance(error, SyntaxError):
        place = f"{Path(error.filename).name}, line {error.lineno}," if error.filename else what
        return ScriptError(f"{place} is not Python {_version()}: {error.msg}.", "Mend the line.")
    said = f"sys.exit({error.code!r})" if isinstance(error, SystemExit) else f"{type(error).__name__}"
    if isinstance(error, Exception):
        said += f": {first_line(error)}"
    hint = "The traceback is in the log above."
    if isinstance(error, ImportError) and "relative import" in str(error):
        hint = "The script's folder is on Python's path: write `import helper` instead of `from . import helper`."
    elif isinstance(error, ImportError) and error.name and (here := code.installed(error.name)):
        hint = f"Here is {here}: write the import as that version wants it."
    return ScriptError(f"The script failed in {what}: {said} ({_place(error, folder).rstrip(',')}).", hint)


def trimmed(error: BaseException, folder: Path) -> str:
    """The traceback with the lines of the user's files alone; the last line of all where none is among them."""
    captured = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = captured
    while part is not None:
        frames = list(part.stack)
        users = [frame for frame in frames if _is_in(frame.filename, folder)]
        part.stack = traceback.StackSummary.from_list(users or frames[-1:])
        part = part.__cause__ or part.__context__
    return "".join(captured.format())


def _place(error: BaseException, folder: Path) -> str:
    """The user's line where it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_in(frame.filename, folder)]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}," if frames else "the script"


def _is_in(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder)


def _version() -> str:
    import platform

    return ".".join(platform.python_version_tuple()[:2])
