"""Writes california_housing.ipynb from the two scripts beside it: python examples/write_notebook.py"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRIPTS = ("california_housing.py", "california_housing_sdk.py")
NOTEBOOK = HERE / "california_housing.ipynb"
MARK = "# %%"


def cells(script: str) -> list[dict[str, Any]]:
    """The script's cells: `# %%` begins one of code, `# %% [markdown]` one of text in comments."""
    parts = script.split("\n" + MARK)[1:]  # what stands before the first is the script's own docstring
    return [_cell(part) for part in parts]


def _cell(part: str) -> dict[str, Any]:
    kind, _, body = part.partition("\n")
    lines = body.strip("\n").split("\n")
    if "[markdown]" in kind:
        return _made("markdown", [line.removeprefix("#").removeprefix(" ") for line in lines])
    return {**_made("code", lines), "execution_count": None, "outputs": []}


def _made(kind: str, lines: list[str]) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": [line + "\n" for line in lines[:-1]] + lines[-1:]}


def notebook() -> str:
    """The notebook's JSON: the scripts one after the other, without outputs."""
    found = [cell for name in SCRIPTS for cell in cells((HERE / name).read_text(encoding="utf-8"))]
    for number, cell in enumerate(found):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {"cells": found, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(), encoding="utf-8")
