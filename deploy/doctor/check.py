"""What a check is, what it finds, and how a list of them is gone through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from container.errors import ContainerError, first_line
from deploy.aws.errors import translate

_CHARS: Final = 300
"""How much is shown of what others said: a proxy may answer with a page."""


class State(StrEnum):
    """How a check ended. Only `failed` blocks."""

    ok = "ok"
    warning = "warning"
    failed = "failed"
    skipped = "skipped"


class Result(NamedTuple):
    """What was found, and the commands that mend it, one a line; none where there is nothing to mend."""

    state: State
    found: str
    remedy: str = ""


class Finding(NamedTuple):
    """A check's result under its name. These five are the keys of `coppice doctor --json`, and stay."""

    name: str
    group: str
    state: State
    found: str
    remedy: str


class Check(Protocol):
    """One question. `needs` are the checks without whose success it can't be asked."""

    @property
    def name(self) -> str:
        """What it is about, in a word or two."""

    @property
    def group(self) -> str:
        """Where it is listed."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of earlier checks."""

    @property
    def blocks(self) -> bool:
        """Whether a deploy can't go on without it; what only informs warns instead."""

    def run(self) -> Result:
        """Look. May raise anything: an error of ours is a result, with its message and hint."""


def ok(found: str) -> Result:
    """All is well."""
    return Result(State.ok, found)


def warning(found: str, remedy: str = "") -> Result:
    """Worth knowing, and no reason to stop."""
    return Result(State.warning, found, remedy)


def failed(found: str, remedy: str) -> Result:
    """A deploy would fail on this."""
    return Result(State.failed, found, remedy)


def skipped(reason: str) -> Result:
    """Not asked, and why."""
    return Result(State.skipped, reason)


def examine(checks: Iterable[Check], report: Callable[[Finding], None]) -> list[Finding]:
    """Run every check, whatever becomes of the others, and report each as it is done."""
    findings: dict[str, Finding] = {}
    for check in checks:
        missing = [need for need in check.needs if findings[need].state in (State.failed, State.skipped)]
        result = skipped(f"for want of {' and '.join(missing)}") if missing else _run(check)
        findings[check.name] = Finding(check.name, check.group, result.state, result.found, result.remedy)
        report(findings[check.name])
    return list(findings.values())


def _run(check: Check) -> Result:
    try:
        result = check.run()
    except ContainerError as error:
        result = failed(error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - whatever stops one check must not stop the others
        known = translate(error)
        said = (known.message, known.hint) if known else (f"{type(error).__name__}: {first_line(error)}", "")
        result = failed(" ".join(said[0].split())[:_CHARS], said[1])
    return warning(result.found, result.remedy) if result.state is State.failed and not check.blocks else result
