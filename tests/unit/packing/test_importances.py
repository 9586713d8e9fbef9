"""Which feature counts how much, through the steps before the trees."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from container.artifact.manifest import Manifest
from container.artifact.store import open_model
from container.errors import ArtifactError
from container.inference.model import load
from container.packing.importances import importances
from container.packing.pack import pack

ROWS = np.random.default_rng(0).normal(size=(80, 3))
Y = ROWS[:, 0] * 10 + ROWS[:, 2]


def forest() -> RandomForestRegressor:
    return RandomForestRegressor(5, random_state=0)


def test_a_forests_own():
    fitted = forest().fit(ROWS, Y)
    assert importances(fitted, 3) == pytest.approx(fitted.feature_importances_, abs=1e-6)
    assert importances(GradientBoostingRegressor(n_estimators=3).fit(ROWS, Y), 3)[0] > 0.9


def test_behind_steps_each_features_columns_are_summed():
    twice = ColumnTransformer([("one", StandardScaler(), [2, 0]), ("two", "passthrough", [0])])
    fitted = make_pipeline(twice, forest()).fit(ROWS, Y)
    last, first, again = fitted[-1].feature_importances_
    assert importances(fitted, 3) == pytest.approx((first + again, 0, last), abs=1e-6)


class Raises:
    @property
    def feature_importances_(self):
        raise SystemError("not today")


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegression().fit(ROWS, Y),
        make_pipeline(PolynomialFeatures(), forest()).fit(ROWS, Y),
        forest(),
        Raises(),
    ],
    ids=["no forest", "columns made of columns", "not fitted", "raises"],
)
def test_where_nothing_tells_there_are_none(estimator):
    assert importances(estimator, 3) == ()


def test_they_are_kept_in_the_artifact_and_an_old_one_has_none(tmp_path):
    joblib.dump(forest().fit(ROWS, Y), tmp_path / "model.joblib")
    manifest = pack(tmp_path / "model.joblib", tmp_path / "model.tar.gz")
    assert len(manifest.importances) == 3
    with open_model(tmp_path / "model.tar.gz") as artifact:
        assert load(artifact).importances == manifest.importances
    old = manifest._replace(importances=()).to_json()
    assert "importances" not in old
    assert Manifest.from_json(old).importances == ()


def test_a_number_too_few_is_refused(tmp_path):
    joblib.dump(forest().fit(ROWS, Y), tmp_path / "model.joblib")
    manifest = pack(tmp_path / "model.joblib", tmp_path / "model.tar.gz")
    with pytest.raises(ArtifactError, match="importances has 2 numbers for 3 features"):
        Manifest.from_json(manifest._replace(importances=(0.5, 0.5)).to_json())
