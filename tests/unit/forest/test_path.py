"""What a path says of scaled, filled-in and missing values."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from container.forest.flatten import flatten
from container.forest.model import ForestModel
from container.forest.path import Split, path

ROWS = np.array([[10.0, 1.0], [20.0, 1.0], [30.0, 5.0], [40.0, 5.0]])
Y = np.array([0.0, 0.0, 7.0, 7.0])


def first(*steps, row, predictor=None) -> Split:
    model = make_pipeline(*steps, predictor or DecisionTreeRegressor(max_depth=1, max_features=1, random_state=3))
    return path(ForestModel(flatten(model.fit(ROWS[:, :1], Y))), np.array(row, float), 0).splits[0]


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler((5, 9)), MinMaxScaler(clip=True)])
def test_a_scaled_column_is_shown_in_its_own_units(scaler):
    split = first(scaler, row=[31.5])
    assert (split.value, split.scaled, split.left) == (31.5, False, False)
    assert split.threshold == pytest.approx(25)


def test_a_column_that_was_turned_over_is_shown_as_the_trees_see_it():
    scaler = StandardScaler().fit(ROWS[:, :1])
    scaler.scale_ = -scaler.scale_
    tree = DecisionTreeRegressor(max_depth=1).fit(scaler.transform(ROWS[:, :1]), Y)
    split = path(ForestModel(flatten(make_pipeline(scaler, tree))), np.array([31.5]), 0).splits[0]
    assert split.scaled and split.left
    assert split.value == pytest.approx((31.5 - 25) / scaler.scale_[0])


def test_what_was_filled_in_is_said():
    split = first(SimpleImputer(), StandardScaler(), row=[np.nan])
    assert (split.value, split.filled, split.scaled, split.left) == (25, True, False, split.threshold >= 25)
    assert first(SimpleImputer(), row=[np.nan]).value == 25
    late = first(StandardScaler(), SimpleImputer(), row=[np.nan])
    assert (late.value, late.filled, late.scaled) == (0, True, True)


def test_a_missing_value_goes_where_the_tree_learned():
    rows = np.array([[1.0], [2.0], [np.nan], [np.nan]])
    for target, left in (([0, 1, 0, 0], True), ([0, 1, 1, 1], False)):
        model = ForestModel(flatten(DecisionTreeClassifier(random_state=0).fit(rows, target)))
        (split,) = path(model, np.array([np.nan]), 0).splits
        assert np.isnan(split.value)
        assert split.left is left


def test_leaves_of_several_outputs():
    model = ForestModel(flatten(DecisionTreeRegressor().fit(ROWS, np.column_stack([Y, -Y]))))
    found = path(model, ROWS[3], 0)
    assert found.values == ((7.0,), (-7.0,))
    assert (found.leaf, found.splits[0].beside) == (2, 1)
