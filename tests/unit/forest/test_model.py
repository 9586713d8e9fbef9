"""What a loaded forest answers, refuses and imports."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from container.forest.check import differences, edge_rows
from container.forest.columns import Clip
from container.forest.flatten import flatten
from container.forest.kernel import BEST
from container.forest.layout import read, write
from container.forest.model import ROWS_PER_THREAD, SORT_FROM_ROWS, ForestModel, RowsRejected

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((3000, 6))
Y = ROWS @ RANDOM.standard_normal(6)
KERNELS = ["native", "numpy"] if BEST == "native" else ["numpy"]


@pytest.fixture(scope="module")
def regressor() -> Any:
    return RandomForestRegressor(20, random_state=0).fit(ROWS[:1000], Y[:1000])


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, SORT_FROM_ROWS - 1, SORT_FROM_ROWS, 1025, 3000])
@pytest.mark.parametrize("n_trees", [1, 7, 8, 9, 20])
def test_every_way_of_batching_gives_the_same_bits(regressor: Any, kernel: Any, n_rows: int, n_trees: int) -> None:
    """The kernel goes by trees or by rows, in lanes of eight; the model sorts and splits."""
    fewer = RandomForestRegressor(n_trees)
    fewer.__dict__.update(vars(regressor), estimators_=regressor.estimators_[:n_trees])
    model = ForestModel(flatten(fewer), threads=3, kernel=kernel)
    assert np.array_equal(model.predict(ROWS[:n_rows]), fewer.predict(ROWS[:n_rows]))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_rows", [1, 3000])
def test_missing_values_go_where_each_split_sends_them(kernel: Any, n_rows: int) -> None:
    rows = np.where(RANDOM.random(ROWS.shape) < 0.3, np.nan, ROWS)
    rows[0, 0] = -np.nan  # NaN's sign is nobody's business
    forest = RandomForestRegressor(20, random_state=0).fit(rows[:500], Y[:500])
    ways = {bool(way) for tree in forest.estimators_ for way in tree.tree_.missing_go_to_left}
    assert ways == {True, False}
    model = ForestModel(flatten(forest), threads=2, kernel=kernel)
    assert np.array_equal(model.predict(rows[:n_rows]), forest.predict(rows[:n_rows]))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes", "perhaps"]),
        np.array(["no", "yes", "perhaps"], dtype=object),
        np.array([False, True, True]),
        np.array([-1, 5, 2**40]),
        np.array([0.0, 1.0, 7.0], dtype=np.float32),
        np.array([1, 2, 3], dtype=np.uint8),
    ],
    ids=lambda labels: labels.dtype.str,
)
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_classes_come_back_in_their_dtype(tmp_path: Path, labels: np.ndarray, n_outputs: int) -> None:
    targets = labels[RANDOM.integers(0, 3, (200, n_outputs))]
    forest = ExtraTreesClassifier(4, random_state=0).fit(ROWS[:200], targets[:, 0] if n_outputs == 1 else targets)
    write(flatten(forest), tmp_path)
    answer, expected = ForestModel(read(tmp_path)).predict(ROWS), forest.predict(ROWS)
    assert answer.dtype == expected.dtype
    assert answer.shape == expected.shape
    assert np.array_equal(answer, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, bool])
def test_rows_of_any_real_dtype(regressor: Any, dtype: Any) -> None:
    rows = (ROWS * 10).astype(dtype)
    model = ForestModel(flatten(regressor))
    assert np.array_equal(model.predict(rows), regressor.predict(rows))
    assert np.array_equal(model.predict(np.asfortranarray(rows)), regressor.predict(rows))
    assert np.array_equal(model.predict(rows[::2]), regressor.predict(rows[::2]))


def test_integers_are_rounded_once_on_their_way_to_float32() -> None:
    """By way of float64, the last would become a tie, which rounds to even, and fall to the left."""
    rows = np.array([[2**60], [2**60 + 2**37], [2**60 + 2**36 + 1]])
    tree = DecisionTreeRegressor().fit(rows[:2], [0.0, 1.0])
    assert tree.predict(rows).tolist() == [0.0, 1.0, 1.0]
    assert ForestModel(flatten(tree)).predict(rows).tolist() == [0.0, 1.0, 1.0]


def test_the_callers_rows_are_left_alone() -> None:
    pipeline = make_pipeline(StandardScaler(), RandomForestRegressor(3, random_state=0)).fit(ROWS[:100], Y[:100])
    rows = ROWS[:50].copy()
    rows.flags.writeable = False
    assert np.array_equal(ForestModel(flatten(pipeline)).predict(rows), pipeline.predict(rows))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("value", [np.inf, -np.inf, 3.5e38, -1e308])
def test_what_does_not_fit_a_float32_is_rejected(regressor: Any, kernel: Any, value: float) -> None:
    rows = ROWS[:20].copy()
    rows[7, 3] = rows[9, 1] = value
    with pytest.raises(RowsRejected) as rejected:
        ForestModel(flatten(regressor), kernel=kernel).predict(rows)
    assert (rejected.value.row, rejected.value.column) == (7, 3)
    assert "too large" in rejected.value.reason


@pytest.mark.parametrize("kernel", KERNELS)
def test_nan_is_rejected_where_the_trees_take_none(regressor: Any, kernel: Any) -> None:
    rows = ROWS[:20].copy()
    rows[4, 5] = np.nan
    forest = flatten(regressor)._replace(takes_nan=False)
    with pytest.raises(RowsRejected, match=r"row 4, column 5: a missing value"):
        ForestModel(forest, kernel=kernel).predict(rows)


def test_a_rejection_names_the_callers_column_behind_a_column_transformer() -> None:
    columns = ColumnTransformer([("a", StandardScaler(), [4]), ("b", "passthrough", [2])])
    pipeline = make_pipeline(columns, RandomForestRegressor(3, random_state=0)).fit(ROWS[:100], Y[:100])
    model, rows = ForestModel(flatten(pipeline)), ROWS[:5].copy()
    rows[1, 0] = np.inf  # a column nobody reads
    assert np.array_equal(model.predict(rows), pipeline.predict(rows))
    for column, row in ((2, 3), (4, 2)):  # refused by the trees, and then by the scaler before them
        rows[row, column] = np.inf
        with pytest.raises(RowsRejected) as rejected:
            model.predict(rows)
        assert (rejected.value.row, rejected.value.column) == (row, column)


@pytest.mark.parametrize("shape", [(6,), (1, 5), (1, 7), (1, 6, 1)])
def test_rows_of_another_shape(regressor: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"instead of \(n, 6\)"):
        ForestModel(flatten(regressor)).predict(np.zeros(shape))


def test_no_rows_no_answers(regressor: Any) -> None:
    for kernel in KERNELS:
        assert ForestModel(flatten(regressor), kernel=kernel).predict(np.empty((0, 6))).shape == (0,)


def test_a_regressor_has_no_probabilities(regressor: Any) -> None:
    with pytest.raises(TypeError, match="RandomForestRegressor"):
        ForestModel(flatten(regressor)).predict_proba(ROWS)


def test_a_lone_trees_negative_zero_stays_negative() -> None:
    """And a forest's, of one tree even, doesn't: its sum starts from 0.0."""
    tree = DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0])
    tree.tree_.value[1] = -0.0
    assert np.signbit(tree.predict([[0.0]])[0])
    assert np.signbit(ForestModel(flatten(tree)).predict(np.array([[0.0]]))[0])
    forest = RandomForestRegressor(1, bootstrap=False).fit([[0.0], [1.0]], [0.0, 1.0])
    forest.estimators_[0].tree_.value[1] = -0.0
    assert not np.signbit(forest.predict([[0.0]])[0])
    assert not np.signbit(ForestModel(flatten(forest)).predict(np.array([[0.0]]))[0])


def test_the_kernel_says_what_it_is(regressor: Any) -> None:
    model = ForestModel(flatten(regressor), kernel="numpy")
    assert (model.kernel, model.kernel_note) == ("numpy", "")
    best = ForestModel(flatten(regressor))
    assert (best.kernel == "native") == (best.kernel_note == "")


# That the check at pack time can find a difference --------------------------------------------------------


def off_by_one_bit(forest: Any) -> Any:
    nodes = forest.nodes.copy()
    splits = np.flatnonzero(nodes["key"] > 0x007FFFFF)
    nodes["key"][splits] += 1
    return forest._replace(nodes=nodes)


def nan_to_the_other_side(forest: Any) -> Any:
    nodes = forest.nodes.copy()
    nodes["word"][nodes["key"] > 0x007FFFFF] ^= 1 << 3  # 6 columns: 3 bits, then the one for NaN
    return forest._replace(nodes=nodes)


SPOILED = {
    "thresholds off by one bit": off_by_one_bit,
    "NaN to the other side": nan_to_the_other_side,
    "sums instead of means": lambda forest: forest._replace(averaged=False),
    "values off by one bit": lambda forest: forest._replace(values=np.nextafter(forest.values, 9)),
    "NaN refused": lambda forest: forest._replace(takes_nan=False),
    "the last tree left out": lambda forest: forest._replace(
        tree_starts=forest.tree_starts[:-1], value_starts=forest.value_starts[:-1]
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_the_check_finds_a_spoiled_forest(regressor: Any, spoil: Any) -> None:
    forest = flatten(regressor)
    rows = edge_rows(forest, ROWS[:100])
    assert differences(regressor, ForestModel(forest), rows) is None
    assert "row" in str(differences(regressor, ForestModel(spoil(forest)), rows))


def test_the_check_finds_spoiled_probabilities() -> None:
    tree = DecisionTreeClassifier(max_depth=3).fit(ROWS, Y > 0)
    forest = flatten(tree)
    spoiled = forest._replace(values=np.nextafter(forest.values, 9))
    assert "predict_proba of row" in str(differences(tree, ForestModel(spoiled), ROWS))


def test_the_check_finds_an_accepted_row_that_scikit_learn_refuses() -> None:
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(ROWS, Y > 0)
    forest = flatten(pipeline)
    lenient = forest._replace(steps=(*forest.steps[1:],))
    rows = ROWS[:3].copy()
    rows[1, 1] = 1e308 * 10
    assert "refuse" not in str(differences(pipeline, ForestModel(forest), rows))
    clipped = lenient._replace(steps=(*lenient.steps, Clip(-1e6, 1e6)))
    assert "scikit-learn refuses a row" in str(differences(pipeline, ForestModel(clipped), rows))


# What it costs to import ----------------------------------------------------------------------------------

SERVE = """
import sys, numpy as np
from pathlib import Path
from container.forest.layout import read
from container.forest.model import ForestModel
model = ForestModel(read(Path(sys.argv[1])), threads=2)
model.predict(np.zeros((3000, 6)))
model.predict(np.full((1, 6), np.nan))
heavy = {"sklearn", "scipy", "pandas", "joblib", "concurrent.futures", "multiprocessing"}
print(sorted(heavy & set(sys.modules)))
"""


def test_serving_imports_numpy_and_no_more(regressor: Any, tmp_path: Path) -> None:
    write(flatten(make_pipeline(StandardScaler(), regressor).fit(ROWS[:300], Y[:300])), tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("order", [1, -1])
def test_threads_may_share_a_model(regressor: Any, order: int) -> None:
    model = ForestModel(flatten(regressor), threads=2)
    batches = [ROWS[start : start + ROWS_PER_THREAD * 2] for start in range(0, 800, 100)][::order]
    with ThreadPoolExecutor(4) as pool:
        for batch, answer in zip(batches, pool.map(model.predict, batches), strict=True):
            assert np.array_equal(answer, regressor.predict(batch))
