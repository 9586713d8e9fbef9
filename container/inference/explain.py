"""The way of one row through one tree, as plain data: for the page, never on a prediction's way."""

from __future__ import annotations

from typing import Any

from container.artifact.manifest import Label
from container.codecs import negotiation
from container.errors import BadInput, BadValue, NoPath
from container.forest.model import RowsRejected
from container.forest.path import Path, Split, path
from container.inference.forest_model import CompiledModel, as_numbers
from container.inference.model import LoadedModel
from container.inference.pipeline import Invocation
from container.inference.validate import arrange


def trees(loaded: LoadedModel) -> int:
    """How many trees there are to be shown; 0 where the model isn't a compiled forest, or a script stands before it."""
    return loaded.model.forest.forest.n_trees if isinstance(loaded.model, CompiledModel) and not loaded.hooks else 0


def explain(loaded: LoadedModel, invocation: Invocation, row: int, tree: int) -> dict[str, Any]:
    """The path of one of the rows in an invocation's body; `row` and `tree` count from 1.

    Raises NoPath, and BadInput for a body that isn't rows of this model, for a row it can't take, and for a number
    that is none of theirs.
    """
    count = trees(loaded)
    if not count or not isinstance(loaded.model, CompiledModel):
        raise NoPath("Only a compiled forest shows its paths, and this model isn't one, or a script reads its rows.")
    _, decode = negotiation.reader(invocation.content_type, invocation.body)
    rows = arrange(decode(invocation.body, loaded.schema), loaded.schema)
    for what, number, most in (("row", row, len(rows)), ("tree", tree, count)):
        if not 1 <= number <= most:
            raise BadInput(f"There is no {what} {number:,}; there are {most:,}.", "They are counted from 1.")
    try:
        found = path(loaded.model.forest, as_numbers(rows[row - 1]), tree - 1)
    except RowsRejected as error:
        where = f"Row {row}, {loaded.schema.column(error.column)}"
        raise BadValue(f"{where}: the model can't take it: {error.reason}") from None
    return {
        "row": row,
        "rows": len(rows),
        "tree": tree,
        "trees": count,
        "splits": [_split(split, loaded) for split in found.splits],
        "leaf": {"node": found.leaf, "answers": _answers(found, loaded)},
    }


def _split(split: Split, loaded: LoadedModel) -> dict[str, Any]:
    """One split; NaN and infinity, which are no JSON, are written as null."""
    return {
        "node": split.node,
        "column": split.column + 1,
        "feature": loaded.schema.names[split.column] or f"column {split.column + 1}",
        "value": split.value,
        "threshold": split.threshold,
        "scaled": split.scaled,
        "filled": split.filled,
        "goes": "left" if split.left else "right",
        "beside": split.beside,
    }


def _answers(found: Path, loaded: LoadedModel) -> list[dict[str, Any]]:
    """What the leaf says of each output: its value, or its shares of the labels that it has seen."""
    if loaded.classes is None:
        return [{"output": name, "value": value} for name, (value,) in zip(loaded.outputs, found.values, strict=True)]
    per_output = zip(loaded.outputs, loaded.classes, found.values, strict=True)
    return [{"output": name, "shares": _shares(labels, shares)} for name, labels, shares in per_output]


def _shares(labels: tuple[Label, ...], shares: tuple[float, ...]) -> list[dict[str, Any]]:
    each = zip(labels, shares, strict=True)
    found = [{"label": label, "share": share} for label, share in each if share > 0]
    return sorted(found, key=lambda one: -float(one["share"]))
