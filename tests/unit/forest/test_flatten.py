"""What compiles, and the one-line reason where something doesn't."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from container.forest import flatten as flatten_module
from container.forest.check import differences, edge_rows
from container.forest.columns import origins
from container.forest.flatten import NotCompilable, flatten
from container.forest.model import ForestModel
from container.forest.numpy_kernel import FIRST_SPLIT

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((60, 4))
Y = RANDOM.standard_normal(60)
FOREST = RandomForestRegressor(3, random_state=0)


class MyForest(RandomForestRegressor):
    """A subclass that answers otherwise."""

    def predict(self, X: Any) -> Any:  # noqa: N803
        return super().predict(X) + 1


def with_foreign_tree() -> Any:
    forest = RandomForestRegressor(3, random_state=0).fit(ROWS, Y)
    forest.estimators_[1] = LinearRegression().fit(ROWS, Y)
    return forest


def scaled_to_infinity() -> Any:
    pipeline = make_pipeline(StandardScaler(), FOREST).fit(ROWS, Y)
    pipeline[0].scale_[2] = np.inf
    return pipeline


def behind(transformer: Any) -> Any:
    return make_pipeline(transformer, FOREST).fit(ROWS, Y)


def columns(*transformers: Any, **options: Any) -> Any:
    return behind(ColumnTransformer(list(transformers), **options))


REASONS = {
    "a GradientBoostingRegressor, which isn't compiled": lambda: GradientBoostingRegressor(n_estimators=2).fit(ROWS, Y),
    "a MyForest, which isn't compiled": lambda: MyForest(2).fit(ROWS, Y),
    "a GridSearchCV": lambda: GridSearchCV(FOREST, {"max_depth": [1]}, cv=2).fit(ROWS, Y),
    "the model is a StandardScaler": lambda: make_pipeline(StandardScaler(), "passthrough").fit(ROWS),
    "the model is a Pipeline": lambda: make_pipeline("passthrough"),
    "the RandomForestRegressor isn't fitted": lambda: RandomForestRegressor(),
    "its StandardScaler isn't fitted": lambda: Pipeline([("a", StandardScaler()), ("b", FOREST.fit(ROWS, Y))]),
    "one of its trees is a LinearRegression": with_foreign_tree,
    "one of its steps is a PolynomialFeatures": lambda: behind(PolynomialFeatures()),
    "one of its steps is a FeatureUnion": lambda: behind(FeatureUnion([("a", StandardScaler())])),
    "one of its steps is a FunctionTransformer": lambda: behind(FunctionTransformer(np.abs)),
    "one of its steps is an OneHotEncoder": lambda: columns(
        ("a", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), [0])
    ),
    "its SimpleImputer adds indicator columns": lambda: behind(SimpleImputer(add_indicator=True)),
    "its ColumnTransformer has weights": lambda: columns(("a", StandardScaler(), [0]), transformer_weights={"a": 2.0}),
    "its ColumnTransformer's output is sparse": lambda: columns(("a", OneHotEncoder(handle_unknown="ignore"), [0])),
    "one of its scaler's numbers isn't finite": scaled_to_infinity,
    "classes are datetime64[s] labels": lambda: DecisionTreeClassifier().fit(ROWS, (Y > 0).astype("M8[s]")),
}


@pytest.mark.parametrize(("reason", "make"), REASONS.items(), ids=REASONS)
def test_what_does_not_compile_says_why_in_one_line(reason: str, make: Any) -> None:
    with pytest.raises(NotCompilable, match=re.escape(reason)) as refusal:
        flatten(make())
    assert "\n" not in str(refusal.value)


def test_an_imputer_of_strings_is_not_compiled() -> None:
    table = pd.DataFrame({"word": ["a", "b", None] * 20}, dtype=object)
    imputer = SimpleImputer(strategy="most_frequent", missing_values=None).fit(table)
    pipeline = Pipeline([("impute", imputer), ("forest", RandomForestRegressor(2).fit(ROWS[:, :1], Y))])
    with pytest.raises(NotCompilable, match="isn't about numbers"):
        flatten(pipeline)


def test_missing_values_may_be_a_number() -> None:
    rows = np.where(RANDOM.random(ROWS.shape) < 0.3, -999.0, ROWS)
    pipeline = make_pipeline(SimpleImputer(missing_values=-999), FOREST).fit(rows, Y)
    asked = np.concatenate([rows, [[np.nan, 0, 0, 0]]])  # which scikit-learn refuses here
    assert differences(pipeline, ForestModel(flatten(pipeline)), asked) is None


def test_a_column_no_value_was_seen_in_is_dropped() -> None:
    rows = ROWS.copy()
    rows[:, 1] = np.nan
    pipeline = make_pipeline(SimpleImputer(), FOREST)
    with pytest.warns(UserWarning, match="Skipping features"):
        pipeline.fit(rows, Y)
    assert differences(pipeline, ForestModel(flatten(pipeline)), rows) is None


@pytest.mark.parametrize(
    ("selection", "positions"),
    [
        (["d", "b"], [3, 1]),
        ([-1, 0], [3, 0]),
        ([False, True, False, True], [1, 3]),
        (slice("b", "c"), [1, 2]),
        (slice(1, 3), [1, 2]),
        (slice(None, "b"), [0, 1]),
        (pd.Index(["c"]), [2]),
        (lambda table: ["a"], [0]),
    ],
    ids=lambda value: "a function" if callable(value) else str(value),
)
def test_a_column_transformer_selects_as_scikit_learn_does(selection: Any, positions: list[int]) -> None:
    table = pd.DataFrame(ROWS, columns=list("abcd"))
    transformer = ColumnTransformer([("scale", StandardScaler(), selection)])
    pipeline = make_pipeline(transformer, FOREST).fit(table, Y)
    forest = flatten(pipeline)
    assert origins(forest.steps, 4).tolist() == positions
    assert differences(pipeline, ForestModel(forest), edge_rows(forest, ROWS)) is None


def test_a_pipeline_in_a_pipeline_may_hold_the_forest() -> None:
    pipeline = make_pipeline("passthrough", make_pipeline(StandardScaler(), None, FOREST)).fit(ROWS, Y)
    forest = flatten(pipeline)
    assert (forest.n_features, len(forest.steps)) == (4, 3)
    assert differences(pipeline, ForestModel(forest), edge_rows(forest, ROWS)) is None


def test_leaves_of_forests_with_too_many_are_counted_by_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    forest = RandomForestRegressor(5, random_state=0).fit(ROWS, Y)
    leaves = [tree.get_n_leaves() for tree in forest.estimators_]
    monkeypatch.setattr(flatten_module, "FIRST_SPLIT", max(leaves) + 1)
    flat = flatten(forest)
    assert len(set(flat.value_starts.tolist())) == 5
    assert len(flat.values) == sum(leaves)
    assert differences(forest, ForestModel(flat), edge_rows(flat, ROWS)) is None
    monkeypatch.setattr(flatten_module, "FIRST_SPLIT", max(leaves))
    with pytest.raises(NotCompilable, match="distinct leaves"):
        flatten(forest)


def test_a_tree_too_large_for_its_columns() -> None:
    """With 2**20 columns, 10 bits are left for the nodes left of a split."""
    tree = DecisionTreeRegressor().fit(np.arange(2600.0)[:, None], np.arange(2600))
    flatten(tree)
    tree.n_features_in_ = 2**20
    with pytest.raises(NotCompilable, match=r"with 1,048,576 columns.* nodes left of a split"):
        flatten(tree)


def test_equal_leaves_are_stored_once_but_not_zeros_of_two_signs() -> None:
    rows = np.arange(6.0)[:, None]
    forest = flatten(DecisionTreeRegressor().fit(rows, [0.0, -0.0, 1.0, 0.0, 1.0, 2.0]))
    leaves = forest.nodes["key"] < FIRST_SPLIT
    assert len(forest.values) < leaves.sum()
    assert len({value.tobytes() for value in forest.values}) == len(forest.values)


def test_two_jobs_are_compared_in_the_order_of_one() -> None:
    forest = RandomForestClassifier(20, n_jobs=2, random_state=0).fit(ROWS, Y > 0)
    assert differences(forest, ForestModel(flatten(forest)), ROWS) is None
    assert forest.n_jobs == 2
