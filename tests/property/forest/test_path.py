"""The path shown is the path taken: scikit-learn's own decision_path, through whatever forest and steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from container.forest.flatten import flatten
from container.forest.model import ForestModel, RowsRejected
from container.forest.path import path
from container.forest.units import of_columns

examples = settings(max_examples=40, derandomize=True)
KINDS = [RandomForestRegressor, RandomForestClassifier, ExtraTreesClassifier, DecisionTreeRegressor]
STEPS: list[list[Any]] = [
    [],
    [StandardScaler()],
    [MinMaxScaler(clip=True)],
    [RobustScaler()],
    [SimpleImputer(), StandardScaler()],
    [StandardScaler(), SimpleImputer()],
    [SimpleImputer(missing_values=0.0, strategy="median"), MinMaxScaler((-3, -1))],
    [ColumnTransformer([("a", StandardScaler(), [1]), ("b", "passthrough", [0])])],
]


@st.composite
def problems(draw: Any) -> tuple[Any, np.ndarray]:
    """A fitted estimator and rows to ask it."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = random.standard_normal((60, 3)) * 10.0 ** draw(st.integers(-6, 6)) + draw(st.sampled_from([0.0, 1e3]))
    if draw(st.booleans()):
        rows = np.round(rows)
    steps = draw(st.sampled_from(STEPS))
    if draw(st.booleans()) and all(not isinstance(step, ColumnTransformer) for step in steps):
        rows[random.random(rows.shape) < 0.2] = np.nan
    kind = draw(st.sampled_from(KINDS))
    parameters = {} if kind is DecisionTreeRegressor else {"n_estimators": 3}
    estimator = kind(random_state=0, max_depth=draw(st.sampled_from([None, 1, 4])), **parameters)
    targets = random.integers(0, 3, 60)
    try:
        fitted = make_pipeline(*steps, estimator).fit(rows[:40], targets[:40])
        fitted.predict(rows)
    except ValueError:  # NaN where a step or a kind takes none
        rows = np.nan_to_num(rows)
        fitted = make_pipeline(*steps, estimator).fit(rows[:40], targets[:40])
    return fitted, rows


@examples
@given(problems())
def test_nodes_directions_and_leaves_are_scikit_learns(problem):
    fitted, rows = problem
    model = ForestModel(flatten(fitted))
    trees = getattr(fitted[-1], "estimators_", [fitted[-1]])
    seen = fitted[:-1].transform(rows) if len(fitted) > 1 else rows
    for index, tree in enumerate(trees):
        for row, compared in zip(rows[::7], seen[::7].astype(np.float32), strict=True):
            found = path(model, row, index)
            nodes = tree.decision_path(compared[np.newaxis]).indices.tolist()
            assert [split.node for split in found.splits] + [found.leaf] == nodes
            for split, node in zip(found.splits, nodes, strict=False):
                assert split.left == (nodes[nodes.index(node) + 1] == tree.tree_.children_left[node])
                other = tree.tree_.children_right if split.left else tree.tree_.children_left
                assert split.beside == size(tree.tree_, other[node])
            value = tree.tree_.value[nodes[-1]]
            assert found.values == tuple(tuple(output) for output in value.tolist())


@examples
@given(problems())
def test_the_comparison_that_is_shown_holds(problem):
    fitted, rows = problem
    model = ForestModel(flatten(fitted))
    for row in rows[::5]:
        for split in path(model, row, 0).splits:
            if not np.isnan(split.value):
                assert (np.float32(split.value) <= np.float32(split.threshold)) == split.left or (
                    (split.value <= split.threshold) == split.left
                )
            if not split.scaled and not split.filled and not np.isnan(split.value):
                assert split.value == pytest.approx(row[split.column], rel=1e-6)


@examples
@given(problems())
def test_a_threshold_in_the_columns_units_is_exact(problem):
    """Its value goes left, and the next number doesn't."""
    fitted, rows = problem
    model = ForestModel(flatten(fitted))
    columns = of_columns(model.forest.steps, model.n_features)
    scaled = {column.origin for column in columns if column.scaled}
    for row in rows[:40:13]:
        splits = path(model, row, 0).splits
        for place, split in enumerate(splits):
            if split.scaled or split.filled or np.isnan(split.value):
                continue
            number = np.float64 if split.column in scaled else np.float32
            for value, left in ((number(split.threshold), True), (above(number(split.threshold)), False)):
                moved = row.copy()
                moved[split.column] = value
                after = path(model, moved, 0).splits
                if [each.node for each in after[: place + 1]] == [each.node for each in splits[: place + 1]]:
                    assert after[place].left is left or after[place].filled


def above(number: Any) -> Any:
    return np.nextafter(number, type(number)(np.inf))


def size(tree: Any, node: int) -> int:
    below = (tree.children_left[node], tree.children_right[node])
    return 1 + sum(size(tree, child) for child in below if child != -1)


def test_what_is_no_tree_and_no_row_is_refused():
    rows = np.arange(20.0).reshape(10, 2)
    model = ForestModel(flatten(DecisionTreeRegressor().fit(rows, rows[:, 0])))
    for tree in (-1, 1):
        with pytest.raises(IndexError):
            path(model, rows[0], tree)
    with pytest.raises(RowsRejected):
        path(model, np.array([np.inf, 0]), 0)
