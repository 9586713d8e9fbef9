"""What is written can be read; what is broken or hostile is refused, and never reaches a kernel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from container.errors import ArtifactError
from container.forest import numpy_kernel
from container.forest.flatten import flatten
from container.forest.kernel import BEST, kernel
from container.forest.layout import Forest, column_bits, read, write
from container.forest.model import ForestModel, RowsRejected
from container.forest.types import NODE

ROWS = np.random.default_rng(0).standard_normal((200, 5))


@pytest.fixture(scope="module")
def forest() -> Forest:
    labels = np.array(["no", "yes", "perhaps"])[np.random.default_rng(1).integers(0, 3, 200)]
    steps = [SimpleImputer(), StandardScaler(), MinMaxScaler((-1, 1), clip=True)]
    return flatten(make_pipeline(*steps, RandomForestClassifier(5, random_state=0)).fit(ROWS, labels))


@pytest.fixture
def directory(forest: Forest, tmp_path: Path) -> Path:
    write(forest, tmp_path / "forest")
    return tmp_path / "forest"


def edit(directory: Path, **changes: Any) -> None:
    page = json.loads((directory / "forest.json").read_text())
    (directory / "forest.json").write_text(json.dumps(page | changes))


def rewrite(directory: Path, name: str, dtype: Any, change: Callable[[np.ndarray], None]) -> None:
    array = np.fromfile(directory / name, dtype)
    change(array)
    array.tofile(directory / name)


def test_what_is_written_is_read(forest: Forest, directory: Path) -> None:
    mapped = read(directory)
    for name in ("nodes", "values", "tree_starts", "value_starts"):
        assert np.array_equal(getattr(mapped, name), getattr(forest, name)), name
        assert not getattr(mapped, name).flags.writeable
    assert mapped.steps == forest.steps
    assert mapped.classes is not None
    assert forest.classes is not None
    assert mapped.classes[0].dtype == forest.classes[0].dtype
    assert mapped.classes[0].tolist() == ["no", "perhaps", "yes"]
    assert (mapped.n_features, mapped.n_outputs, mapped.averaged, mapped.takes_nan) == (5, 1, True, True)


def test_the_same_forest_makes_the_same_bytes(forest: Forest, directory: Path, tmp_path: Path) -> None:
    write(read(directory), tmp_path / "again")
    for file in directory.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name


@pytest.mark.parametrize("name", ["forest.json", "nodes.bin", "values.bin", "tree_starts.bin", "value_starts.bin"])
def test_a_missing_or_truncated_or_longer_file(directory: Path, name: str) -> None:
    whole = (directory / name).read_bytes()
    for broken in (
        whole[:-1],
        whole[: len(whole) // 2],
        b"",
        whole + b"\0" * 8 if name != "forest.json" else b"{}",
    ):
        (directory / name).write_bytes(broken)
        if name == "forest.json" and broken == whole[:-1]:
            continue  # only the last newline
        with pytest.raises(ArtifactError):
            read(directory)
    (directory / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        read(directory)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "\x00",
        "[" * 100_000,
        '{"format": ' + "1" * 5000 + "}",
        '{"format": NaN}',
        '"\\ud800"',
    ],
    ids=["empty", "list", "null", "open", "nul", "deep", "huge", "nan", "surrogate"],
)
def test_a_page_that_is_not_one(directory: Path, text: str) -> None:
    (directory / "forest.json").write_text(text)
    with pytest.raises(ArtifactError):
        read(directory)


@pytest.mark.parametrize(
    "name",
    [
        "n_features",
        "n_outputs",
        "n_trees",
        "n_nodes",
        "n_values",
        "averaged",
        "takes_nan",
        "estimator",
        "steps",
    ],
)
@pytest.mark.parametrize("value", [-1, 0, 2**62, 10**400, 1.5, "1", None, [], {}, [[]]], ids=str)
def test_nonsense_in_the_page(directory: Path, name: str, value: Any) -> None:
    if (name, value) in (("estimator", "1"), ("steps", [])):
        return  # a name is any string; no steps is what most forests have
    edit(directory, **{name: value})
    with pytest.raises(ArtifactError):
        read(directory)


@pytest.mark.parametrize(
    "classes",
    [
        [],
        "yes",
        [[]],
        [{"dtype": "<U7", "labels": []}],
        [{"dtype": "<U7", "labels": ["a", "b"]}],
        [{"dtype": "<U7", "labels": ["a", "b", None]}],
        [{"dtype": "<U7", "labels": ["a", "b", ["c"]]}],
        [{"dtype": "<U1", "labels": ["a", "b", "longer"]}],
        [{"dtype": "<i8", "labels": [1, 2, "x"]}],
        [{"dtype": "<i8", "labels": [1, 2, 2**70]}],
        [{"dtype": "<i8", "labels": [1, 2, 3.5]}],
        [{"dtype": "<M8[s]", "labels": [1, 2, 3]}],
        [{"dtype": "<U99999999", "labels": ["a", "b", "c"]}],
        [{"dtype": "i4,i4", "labels": [1, 2, 3]}],
        [{"dtype": "<i8", "labels": [1]}, {"dtype": "<i8", "labels": [1, 2]}],
    ],
    ids=lambda classes: json.dumps(classes)[:60],
)
def test_classes_that_are_not(directory: Path, classes: Any) -> None:
    edit(directory, classes=classes)
    with pytest.raises(ArtifactError):
        read(directory)


TWICE = {"step": "branches", "branches": [[], []]}


@pytest.mark.parametrize(
    "steps",
    [
        [{"step": "exec"}],
        [{"step": "divide", "operands": [1.0]}],
        [{"step": "divide", "operands": ["1"] * 5}],
        [{"step": "divide", "operands": [True] * 5}],
        [{"step": "divide", "operands": 5}],
        [{"step": "clip", "low": None, "high": 1}],
        [{"step": "fill", "missing": None, "fillings": [0.0] * 6}],
        [{"step": "fill", "missing": "x", "fillings": [0.0] * 5}],
        [{"step": "take", "columns": [5]}],
        [{"step": "take", "columns": [-1]}],
        [{"step": "take", "columns": [2**63]}],
        [{"step": "take", "columns": []}],
        [{"step": "branches", "branches": []}],
        [{"step": "branches", "branches": [[{"step": "take", "columns": [9]}]]}],
        [TWICE] * 64,
        [TWICE],
        ["divide"],
        [None],
    ],
    ids=lambda steps: json.dumps(steps)[:60],
)
def test_steps_that_do_not_fit(directory: Path, steps: Any) -> None:
    edit(directory, steps=steps)
    with pytest.raises(ArtifactError):
        read(directory)


def test_a_format_of_the_future_is_refused_by_name(directory: Path) -> None:
    edit(directory, format=2)
    with pytest.raises(ArtifactError, match="its format is 2") as refusal:
        read(directory)
    assert "coppice pack" in refusal.value.hint


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("tree_starts.bin", 0, 1),
        ("tree_starts.bin", 0, -8),
        ("tree_starts.bin", 1, 0),
        ("tree_starts.bin", 2, 2**62),
        ("tree_starts.bin", -1, 10),
        ("value_starts.bin", 0, -1),
        ("value_starts.bin", 0, 2**62),
        ("value_starts.bin", -1, 1),
    ],
)
def test_trees_and_values_out_of_bounds(directory: Path, name: str, index: int, value: int) -> None:
    rewrite(directory, name, "<i8", lambda array: array.__setitem__(index, value))
    with pytest.raises(ArtifactError):
        read(directory)


# One tree by hand: the root splits column 1; its left child is node 1, its right child node 2.
SHIFT = column_bits(2) + 1


def split(left_size: int, column: int = 1) -> tuple[int, int]:
    return 0x8000_0000, left_size << SHIFT | column


def leaf(value: int, left_size: int = -1, column: int = 0) -> tuple[int, int]:
    return value, left_size << SHIFT | column


def by_hand(*nodes: tuple[int, int], n_values: int = 1) -> Forest:
    array = np.array(list(nodes), dtype=NODE)
    ends = np.array([0, len(array)])
    return Forest("Hand", False, True, 2, 1, None, (), array, ends, np.zeros(1, np.int64), np.zeros((n_values, 1)))


BAD_TREES = {
    "a right child outside": (split(2), leaf(0), leaf(0)),
    "a right child far outside": (split(1 << (30 - SHIFT)), leaf(0), leaf(0)),
    "a right child that is the left one": (split(0), leaf(0), leaf(0)),
    "a cycle: a right child behind": (split(-2), leaf(0), leaf(0)),
    "a cycle: a split to itself": (split(-1), leaf(0), leaf(0)),
    "a split as the last node": (split(1), leaf(0), split(1)),
    "a lone split": (split(1),),
    "a leaf with a value that isn't": (split(1), leaf(0), leaf(1)),
    "a leaf that leads on": (split(1), leaf(0, left_size=0), leaf(0)),
    "a leaf that leads back": (split(1), leaf(0), leaf(0, left_size=-2)),
    "a leaf with a column": (split(1), leaf(0), leaf(0, column=1)),
}


@pytest.mark.parametrize("kernel_name", ["numpy", BEST])
@pytest.mark.parametrize("nodes", BAD_TREES.values(), ids=BAD_TREES)
def test_both_kernels_find_an_unsound_tree(kernel_name: Any, nodes: Any) -> None:
    def first_bad(forest: Forest) -> int:
        starts = (forest.tree_starts, forest.value_starts)
        return kernel(kernel_name).check(forest.nodes, *starts, len(forest.values), 2, SHIFT)

    assert first_bad(by_hand(split(1), leaf(0), leaf(0))) == -1
    assert first_bad(by_hand(*nodes)) == 0


def test_an_unsound_tree_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="tree 0"):
        write(by_hand(split(1), leaf(0), split(1)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_column_beyond_the_last_is_refused() -> None:
    three_columns = by_hand((0x8000_0000, 1 << 3 | 3), (0, -1 << 3), (0, -1 << 3))
    starts = (three_columns.tree_starts, three_columns.value_starts)
    for each in (numpy_kernel, kernel()):
        assert each.check(three_columns.nodes, *starts, 1, 3, 3) == 0
        assert each.check(three_columns.nodes, *starts, 1, 4, 3) == -1


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_and_rewritten_words_never_crash(directory: Path, tmp_path: Path, seed: int) -> None:
    """In a process of its own: a crash would end the tests, a hang would never."""
    script = Path(__file__).with_name("damage.py")
    shutil.copytree(directory, tmp_path / "copy")
    done = subprocess.run(
        [sys.executable, str(script), str(directory), str(tmp_path / "copy"), str(seed)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    refused, served = map(int, done.stdout.split())
    assert refused > 20
    assert served > 20


def test_a_degenerate_tree_deep_as_its_rows(tmp_path: Path) -> None:
    rows = np.arange(3000.0)[:, None]
    tree = DecisionTreeRegressor(max_features=1).fit(rows, 1.5 ** np.arange(3000.0).clip(0, 1000))
    write(flatten(tree), tmp_path)
    assert np.array_equal(ForestModel(read(tmp_path)).predict(rows), tree.predict(rows))


def test_rows_rejected_is_a_value_error() -> None:
    assert issubclass(RowsRejected, ValueError)
