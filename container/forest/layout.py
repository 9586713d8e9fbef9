"""The compiled forest on disk: flat little-endian arrays beside one JSON page that says what they are.

    forest.json         sizes, classes, the steps before the trees
    nodes.bin           (n_nodes,)      8-byte nodes, depth first (numpy_kernel says what they mean)
    values.bin          (n_values, width) float64: every distinct leaf once
    tree_starts.bin     (n_trees + 1,)  int64: tree t's nodes are tree_starts[t]:tree_starts[t + 1]
    value_starts.bin    (n_trees,)      int64: where the leaves of tree t count from

The arrays are mapped read-only and used as they lie: loading copies nothing, workers share their pages. They
have no headers: their sizes must be exactly what the page says. Nothing is unpickled or believed: `read`
looks at every node once, so that no file can lead the kernel out of its arrays or into a loop.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import re
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from container.errors import ArtifactError
from container.forest.columns import MAX_COLUMNS, Step, from_json, origins, to_json
from container.forest.kernel import kernel
from container.forest.types import NODE, Array, Doubles, Longs, Nodes

FORMAT = 1
METADATA = "forest.json"

MAX_METADATA_BYTES = 64 << 20
MAX_LABEL_BYTES = 256 << 20
MAX_NODES = 1 << 40
_LABEL_DTYPE = re.compile(r"[<|][biufUO][0-9]{0,9}")

_ARRAYS = {
    "nodes": NODE,
    "values": np.dtype("<f8"),
    "tree_starts": np.dtype("<i8"),
    "value_starts": np.dtype("<i8"),
}


class Forest(NamedTuple):
    """Trees as flat arrays, and what else decides an answer; the same whether just flattened or mapped."""

    estimator: str
    """The scikit-learn class it was, for people."""
    averaged: bool
    """Whether sums are divided by the number of trees; a lone decision tree's aren't."""
    takes_nan: bool
    """Whether the trees accept NaN (after `steps`)."""
    n_features: int
    """Columns of a row as the caller sends it."""
    n_outputs: int
    classes: tuple[Array, ...] | None
    """The labels of each output, as scikit-learn's `classes_`; None for a regressor."""
    steps: tuple[Step, ...]
    """What happens to the columns before the trees."""
    nodes: Nodes
    tree_starts: Longs
    value_starts: Longs
    values: Doubles
    """(n_values, width); width is the outputs of a regressor, or all outputs' classes."""

    @property
    def n_trees(self) -> int:
        """How many trees there are."""
        return len(self.value_starts)


def write(forest: Forest, directory: Path) -> None:
    """Write the forest into `directory`, which is created; the same forest makes the same bytes.

    Raises ArtifactError where `read` would refuse what was written.
    """
    _check(forest)
    directory.mkdir(parents=True, exist_ok=True)
    for name, dtype in _ARRAYS.items():
        np.ascontiguousarray(getattr(forest, name), dtype=dtype).tofile(directory / f"{name}.bin")
    page = {
        "format": FORMAT,
        "estimator": forest.estimator,
        "averaged": forest.averaged,
        "takes_nan": forest.takes_nan,
        "n_features": forest.n_features,
        "n_outputs": forest.n_outputs,
        "n_trees": forest.n_trees,
        "n_nodes": len(forest.nodes),
        "n_values": len(forest.values),
        "classes": None if forest.classes is None else [_labels_to_json(each) for each in forest.classes],
        "steps": [to_json(step) for step in forest.steps],
    }
    (directory / METADATA).write_text(json.dumps(page, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read(directory: Path) -> Forest:
    """Map the forest in `directory`; ArtifactError where anything about it isn't as `write` leaves it."""
    page = _read_page(directory / METADATA)
    try:
        if page["format"] != FORMAT:
            _refuse(f"its format is {page['format']!r:.20}, and this version of Coppice reads {FORMAT}")
        n_outputs = _size(page, "n_outputs", MAX_COLUMNS)
        classes = None if page["classes"] is None else tuple(map(_labels_from_json, page["classes"]))
        width = n_outputs if classes is None else sum(map(len, classes))
        n_trees, n_nodes = _size(page, "n_trees", MAX_NODES), _size(page, "n_nodes", MAX_NODES)
        forest = Forest(
            estimator=_typed(page, "estimator", str),
            averaged=_typed(page, "averaged", bool),
            takes_nan=_typed(page, "takes_nan", bool),
            n_features=_size(page, "n_features", MAX_COLUMNS),
            n_outputs=n_outputs,
            classes=classes,
            steps=tuple(from_json(step) for step in _typed(page, "steps", list)),
            nodes=_map(directory, "nodes", (n_nodes,)),
            tree_starts=_map(directory, "tree_starts", (n_trees + 1,)),
            value_starts=_map(directory, "value_starts", (n_trees,)),
            values=_map(directory, "values", (_size(page, "n_values", MAX_NODES), width)),
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        _refuse(f"{METADATA} isn't as it was written ({type(error).__name__}: {error!s:.80})")
    _check(forest)
    return forest


def column_bits(n_columns: int) -> int:
    """The bits of a word that are a column's index; the word's next bit says that NaN goes left."""
    return max(1, (n_columns - 1).bit_length())


def _check(forest: Forest) -> None:
    """Refuse what could lead a kernel astray, or make no sense."""
    if forest.classes is not None and (len(forest.classes) != forest.n_outputs or not all(map(len, forest.classes))):
        _refuse(f"it has {forest.n_outputs} outputs and classes for {len(forest.classes)}")
    try:
        n_columns = len(origins(forest.steps, forest.n_features))
    except ValueError as error:
        _refuse(f"the steps before the trees don't fit together ({error!s:.80})")
    starts, n_values = forest.tree_starts, len(forest.values)
    if starts[0] != 0 or starts[-1] != len(forest.nodes) or not (starts[1:] > starts[:-1]).all():
        _refuse("its trees don't cover the nodes")
    if not ((forest.value_starts >= 0) & (forest.value_starts < n_values)).all():
        _refuse("a tree's values lie outside the table")
    if n_columns < 1:
        _refuse("its trees see no column")
    bad = kernel().check(forest.nodes, starts, forest.value_starts, n_values, n_columns, column_bits(n_columns) + 1)
    if bad >= 0:
        _refuse(f"tree {bad} points outside itself, its columns or its values")


# The JSON page --------------------------------------------------------------------------------------------


def _read_page(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_METADATA_BYTES + 1)
        page = json.loads(text) if len(text) <= MAX_METADATA_BYTES else None
    except OSError as error:
        _refuse(f"{path.name} can't be read ({error.strerror})")
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        _refuse(f"{path.name} isn't a JSON object")
    return page


def _typed(page: dict[str, Any], name: str, kind: type) -> Any:
    if type(page[name]) is not kind:
        raise TypeError(f"{name} is {page[name]!r:.20}")
    return page[name]


def _size(page: dict[str, Any], name: str, limit: int) -> int:
    size: int = _typed(page, name, int)
    if not 1 <= size <= limit:
        raise ValueError(f"{name} is {size!r:.20}")
    return size


def _labels_to_json(labels: Array) -> dict[str, Any]:
    return {"dtype": labels.dtype.str, "labels": labels.tolist()}


def _labels_from_json(data: Any) -> Array:
    """The labels in their dtype; ValueError, TypeError or KeyError where they aren't plain."""
    name, labels = _typed(data, "dtype", str), _typed(data, "labels", list)
    if not _LABEL_DTYPE.fullmatch(name) or not {type(label) for label in labels} <= {str, bool, int, float}:
        raise ValueError("the classes aren't labels")
    dtype = np.dtype(name)
    if dtype.itemsize * len(labels) > MAX_LABEL_BYTES:
        raise ValueError("the classes are too large")
    array = np.empty(len(labels), dtype=dtype)
    array[:] = labels
    if array.tolist() != labels:
        raise ValueError(f"the classes don't fit {dtype}")
    return array


# The arrays -----------------------------------------------------------------------------------------------


def _map(directory: Path, name: str, shape: tuple[int, ...]) -> Any:
    """The file as a read-only array that is its mapped pages."""
    dtype, path = _ARRAYS[name], directory / f"{name}.bin"
    size = math.prod(shape) * dtype.itemsize
    try:
        with path.open("rb") as file:
            actual = os.fstat(file.fileno()).st_size
            if actual != size:
                _refuse(f"{path.name} has {actual:,} bytes instead of {size:,}")
            return np.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ), dtype).reshape(shape)
    except OSError as error:
        _refuse(f"{path.name} can't be read ({error.strerror})")


def _refuse(reason: str) -> NoReturn:
    raise ArtifactError(f"The compiled forest is broken: {reason}.", "Pack the model again with `coppice pack`.")
