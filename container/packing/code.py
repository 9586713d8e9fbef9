"""The user's code on its way into an artifact: which files, which of them answers, and whether it can be used."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from container.artifact.code import install_line, unmet_requirements
from container.artifact.store import CODE_DIR
from container.errors import PackingError
from container.inference.script.hooks import ARGUMENTS, Hooks, resolve
from container.inference.script.module import import_script
from container.inference.script.source import PROGRAM, Script, has_hooks
from container.packing.gather import gather


def copy_code(
    source: Path, directory: Path, leave_out: Collection[Path] = (), only: Collection[str] | None = None
) -> list[str]:
    """Copy the files of `source` to code/ in `directory`, as `gather` does; returns their names below `source`."""
    return gather(source, directory / CODE_DIR, leave_out, only)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """While the block runs, let modules be imported from `folder`, before any others; forget them afterwards.

    No bytecode is written meanwhile: it would lie among the files that are packed.
    """
    before, writes_nothing = list(sys.path), sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before
        sys.dont_write_bytecode = writes_nothing
        for name in modules_of(folder):
            del sys.modules[name]


def modules_of(folder: Path) -> list[str]:
    """The names of the imported modules whose files lie in `folder`."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    return [name for name, file in files.items() if file and Path(file).is_relative_to(folder)]


def choose_program(folder: Path, names: Sequence[str], wanted: str) -> str:
    """Which of the files `names` in `folder` answers: `wanted`, else inference.py; empty where none has a hook, and the
    code only helps the model. Raises PackingError where that can't be told."""
    python_files = [name for name in names if name.endswith(".py")]
    there = f"it has {_listed(python_files)}" if python_files else "it has no Python files"
    if wanted:
        program = _below(folder, wanted)
        if program not in python_files:
            raise PackingError(f"There is no {wanted} in the code; {there}.", "Name it: --entry-point FILE")
        return program
    if not python_files:
        raise PackingError(f"There is no {PROGRAM} in the code; {there}.", "Name another folder: --code DIR")
    if PROGRAM in python_files:
        return PROGRAM if has_hooks(folder / PROGRAM) else ""
    found = [name for name in python_files if has_hooks(folder / name)]
    if found:
        raise PackingError(
            f"There is no {PROGRAM} in the code, but {found[0]} has a serving hook.",
            f"If that is the script: --entry-point {found[0]}",
        )
    return ""


def _below(folder: Path, wanted: str) -> str:
    """The name below `folder` of a file that is named from there or from where the shell is; empty if none."""
    for start in (folder, Path()):
        path = Path(os.path.normpath((start / wanted).absolute()))
        if path.is_file() and path.is_relative_to(folder.absolute()):
            return path.relative_to(folder.absolute()).as_posix()
    return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + " …" * (len(names) > 8)


def check_hooks(folder: Path, program: str, keep_source: bool) -> Hooks:
    """Import the script and resolve its hooks, as serving will; raises ScriptError, MissingLibrary or PackingError."""
    hooks = resolve(import_script(Script(folder, program)))
    if not hooks.names:
        raise PackingError(
            f"{program} has none of the hooks {', '.join(ARGUMENTS)}.", "Define one, or leave the code out."
        )
    asking = [name for name in ("model_fn", "predict_fn", "transform_fn") if name in hooks.names]
    if asking and not keep_source:
        raise PackingError(
            f"{program} has {asking[0]}, which needs the estimator that --no-source leaves out.",
            "Leave --no-source out.",
        )
    return hooks


def requirements_note(folder: Path) -> str:
    """A warning of what requirements.txt asks for and isn't installed here; empty where all is."""
    unmet = unmet_requirements(folder)
    if not unmet:
        return ""
    return (
        f"warning: requirements.txt asks for {', '.join(unmet)}: nothing is installed when an endpoint starts. "
        f"Put it into the image: {install_line(unmet)}"
    )
