"""The user's code on its way into an artifact: which files, which of them answers, and whether it can be used."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from container.artifact.code import unmet_requirements
from container.artifact.store import CODE_DIR
from container.errors import PackingError
from container.inference.script.hooks import ARGUMENTS, Hooks, resolve
from container.inference.script.module import import_script
from container.inference.script.source import PROGRAM, Script, has_hooks

_LEFT_OUT: Final = ("__pycache__", "*.pyc", ".*", "*.egg-info")


def files_of(source: Path) -> list[str]:
    """The names of the files in `source` that go into an artifact: no caches, and no hidden ones."""
    found = []
    for place, folders, names in os.walk(source, followlinks=True):
        folder = Path(place)
        inside = {folder.resolve(), *folder.resolve().parents}  # a link to one of them would never end
        folders[:] = [name for name in folders if not _left_out(name) and (folder / name).resolve() not in inside]
        paths = (folder / name for name in names if not _left_out(name))
        found += [path.relative_to(source).as_posix() for path in paths if path.is_file()]
    return sorted(found)


def _left_out(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _LEFT_OUT)


def copy_code(source: Path, directory: Path, names: Iterable[str] | None = None) -> Path:
    """Copy the files `names` of `source` (by default all of files_of) to code/ in `directory`; returns that folder."""
    target = directory / CODE_DIR
    for name in files_of(source) if names is None else names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)
    return target


def files_below(directory: Path, *folders: str) -> list[str]:
    """The names of all files in these folders of `directory`, sorted."""
    paths = (path for folder in folders for path in (directory / folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(directory).as_posix() for path in paths)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """While the block runs, let modules be imported from `folder`, before any others; forget them afterwards."""
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before
        for name in modules_of(folder):
            del sys.modules[name]


def modules_of(folder: Path) -> list[str]:
    """The names of the imported modules whose files lie in `folder`."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    return [name for name, file in files.items() if file and Path(file).is_relative_to(folder)]


def choose_program(folder: Path, wanted: str) -> str:
    """The program that answers: `wanted`, else inference.py; empty where no file has a hook, and the code only helps
    the model. Raises PackingError where that can't be told."""
    if wanted:
        if not (folder / wanted).is_file():
            raise PackingError(
                f"There is no {wanted} in the code; {_python_files(folder)}.", "Name it: --entry-point FILE"
            )
        return wanted
    if (folder / PROGRAM).is_file():
        return PROGRAM if has_hooks(folder / PROGRAM) else ""
    found = [path for path in sorted(folder.glob("*.py")) if has_hooks(path)]
    if found:
        raise PackingError(
            f"There is no {PROGRAM} in the code, but {found[0].name} has a serving hook.",
            f"If that is the script: --entry-point {found[0].name}",
        )
    return ""


def _python_files(folder: Path) -> str:
    found = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.py"))]
    return f"it has {', '.join(found[:8])}{' …' * (len(found) > 8)}" if found else "it has no Python files"


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
        f"Put it into the image: FROM coppice, then RUN pip install {' '.join(unmet)}"
    )
