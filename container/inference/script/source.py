"""Where the user's code is. Nothing is imported from a place that neither the manifest nor the operator vouches for."""

from __future__ import annotations

import ast
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from container import logs
from container.artifact import code
from container.artifact.store import CODE_DIR, Artifact
from container.artifact.workplace import workplace
from container.errors import IntegrityError, ScriptError
from container.inference.script.hooks import ARGUMENTS
from container.settings import Settings

PROGRAM: Final = "inference.py"


class Script(NamedTuple):
    """A folder of the user's modules, and the program among them; empty where they only help the model."""

    folder: Path
    program: str = ""

    @property
    def path(self) -> Path:
        """The program's file."""
        return self.folder / self.program


def find_script(artifact: Artifact, settings: Settings, stack: ExitStack) -> Script | None:
    """The code that goes with the model: where SAGEMAKER_SUBMIT_DIRECTORY says, else code/ in the model.

    What had to be unpacked stays until `stack` is closed. Raises ScriptError where a named program isn't there, and
    IntegrityError for code that isn't what the model's manifest lists.
    """
    if settings.submit_directory:
        folder = code.obtain(settings.submit_directory, stack.enter_context(workplace()), settings.base_dir)
        return _named(folder, settings.program or PROGRAM, f"{code.VARIABLE} ({settings.submit_directory})")
    folder = artifact.directory / CODE_DIR
    if not folder.is_dir():
        _refuse(settings.program)
        return None
    verify_code(artifact)
    named = settings.program or (artifact.manifest.script if artifact.manifest else "")
    if named:
        return _named(folder, named, f"the model's {CODE_DIR}/")
    if not (folder / PROGRAM).is_file():
        return Script(folder)
    if not has_hooks(folder / PROGRAM):
        logs.event(f"{CODE_DIR}/{PROGRAM} has no hook of a serving script, so it isn't run", hooks=tuple(ARGUMENTS))
        return Script(folder)
    return Script(folder, PROGRAM)


def _refuse(program: str) -> None:
    if program:
        raise ScriptError(
            f"SAGEMAKER_PROGRAM is {program!r}, but the model has no {CODE_DIR}/, and no other place is named.",
            f"Pack it with the model (coppice pack --code DIR), set {code.VARIABLE}, or unset SAGEMAKER_PROGRAM.",
        )


def _named(folder: Path, program: str, where: str) -> Script:
    if not (folder / program).is_file():
        found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))
        raise ScriptError(
            f"There is no {program} in {where}; "
            + (f"of Python files it has {', '.join(found[:8])}{' …' * (len(found) > 8)}." if found else "it has none."),
            "Name the script with SAGEMAKER_PROGRAM, or put it there.",
        )
    return Script(folder, program)


def verify_code(artifact: Artifact) -> None:
    """See that code/ is what the manifest lists, each file whole and none besides; a bare model has no manifest."""
    if artifact.manifest is None:
        return
    listed = {name for name in artifact.manifest.files if name.startswith(CODE_DIR + "/")}
    there = (path for path in (artifact.directory / CODE_DIR).rglob("*") if not path.is_dir())
    strangers = sorted(str(path.relative_to(artifact.directory)) for path in there)
    strangers = [name for name in strangers if name not in listed]
    if strangers:
        raise IntegrityError(
            f"The model's manifest doesn't list {', '.join(strangers[:4])}, so nothing there is run.",
            f"Pack the model with it (coppice pack --code DIR), or trust the folder: set {code.VARIABLE} to it.",
        )
    for name in sorted(listed):
        artifact.verify(name)


def has_hooks(path: Path) -> bool:
    """Whether a file defines or imports one of the hooks, told without running it; also where that can't be told."""
    return bool(hooks_in(path))


def hooks_in(path: Path) -> frozenset[str]:
    """The hooks that a file defines or imports, told without running it; all of them where that can't be told."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return frozenset(ARGUMENTS)
    names = {name for node in tree.body for name in _names(node)}
    return frozenset(ARGUMENTS) if "*" in names else frozenset(ARGUMENTS) & names


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name for alias in aliases]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.If() | ast.Try():
            return [
                name for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt) for name in _names(child)
            ]
    return []
