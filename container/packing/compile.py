"""Compiles an estimator into `forest/` beside its model file, where that can be done, and proves the answers equal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from container.artifact.store import FOREST_DIR
from container.codecs.rows import Array
from container.errors import PackingError
from container.forest import layout
from container.forest.check import differences, edge_rows
from container.forest.flatten import NotCompilable, flatten
from container.forest.model import ForestModel


def compile_forest(estimator: Any, directory: Path, rows: Array | None) -> str:
    """Write `directory`/forest; returns why not, in one line, or nothing when it is there.

    The mapped forest is asked `rows` (n, features) and rows made to stand on the edges of its splits. PackingError
    where one answer or one refusal differs from the estimator's.
    """
    folder = directory / FOREST_DIR
    shutil.rmtree(folder, ignore_errors=True)
    try:
        forest = flatten(estimator)
    except NotCompilable as reason:
        return str(reason)
    layout.write(forest, folder)
    model = ForestModel(layout.read(folder))
    if difference := differences(estimator, model, edge_rows(forest, rows)):
        shutil.rmtree(folder)
        raise PackingError(
            f"The compiled forest doesn't answer as the estimator does, so it isn't written: {difference}.",
            "This is a bug in Coppice: please report it with the estimator's class and settings.",
        )
    return ""
