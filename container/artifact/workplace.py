"""A temporary folder that outlives the forking of workers: only the process that made it removes it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A new empty folder, removed at the end."""
    folder, owner = tempfile.mkdtemp(prefix="coppice-"), os.getpid()
    try:
        yield Path(folder)
    finally:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)
