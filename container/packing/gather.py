"""The user's files on their way into an artifact: what is left out, and what may not go along."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from container.errors import PackingError

_LEFT_OUT: Final = ("__pycache__", "*.pyc", ".*", "*.egg-info")
_ENVIRONMENT: Final = "pyvenv.cfg"


def names_in(source: Path) -> list[str]:
    """The names of the files below `source` that `gather` would take, sorted."""
    return sorted(path.relative_to(source).as_posix() for path in _files(source, ()))


def gather(
    source: Path, destination: Path, leave_out: Collection[Path] = (), only: Collection[str] | None = None
) -> list[str]:
    """Copy the files below `source` to `destination`; returns their names, sorted.

    Caches, hidden files, virtual environments and what `leave_out` names stay behind, and what isn't one of the names
    `only`, where these are given. A link is followed to a file
    inside `source`; any other raises PackingError: it may lead to what nobody meant to publish, or back to itself.
    """
    unwanted = {place for path in leave_out for place in (path.resolve(), _place(path))}
    names = []
    for path in _files(source, unwanted):
        name = path.relative_to(source)
        if only is not None and name.as_posix() not in only:
            continue
        if path.is_symlink():
            _check_link(path, source)
        (destination / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination / name)
        names.append(name.as_posix())
    return sorted(names)


def _files(source: Path, unwanted: Collection[Path]) -> Iterator[Path]:
    for folder, folders, files in os.walk(source):
        paths = [Path(folder) / name for name in (*folders, *files) if not any(fnmatch(name, p) for p in _LEFT_OUT)]
        kept = [path for path in paths if _place(path) not in unwanted]
        inner = [path for path in kept if path.is_dir() and not path.is_symlink()]
        folders[:] = [path.name for path in inner if not (path / _ENVIRONMENT).is_file()]
        yield from (path for path in kept if path not in inner)


def _place(path: Path) -> Path:
    """The absolute name of a path itself: of a link, not of what it leads to."""
    return path.parent.resolve() / path.name


def _check_link(path: Path, source: Path) -> None:
    target = path.resolve()
    if not (path.is_file() and target.is_relative_to(source.resolve())):
        name = path.relative_to(source).as_posix()
        raise PackingError(
            f"{name} in {source} is a link to {path.readlink()}, which isn't a file inside that folder.",
            "Put the file itself there, or take the link away.",
        )
