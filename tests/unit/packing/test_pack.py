"""Packing: any fitted estimator becomes an artifact that answers as it does, or is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC

from container.artifact.manifest import Manifest
from container.artifact.store import open_model
from container.codecs.rows import Array
from container.errors import ArtifactError, PackingError
from container.inference.model import LoadedModel, load
from container.inference.sklearn_model import use_one_core
from container.packing.pack import pack

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
QUANTITY = X @ [3.0, 1.0, 0.0]
LABEL = np.where(QUANTITY > 0, "dear", "cheap")
FRAME = pd.DataFrame(X, columns=["a", "b", "c"]).assign(
    colour=RANDOM.choice(["red", "blue", "green"], 60), size=RANDOM.choice([1, 2, 3], 60)
)
TEXT = ["colour"]
NUMBERS = ["a", "b", "c", "size"]


class Adds(RegressorMixin, BaseEstimator):
    """A user's own estimator: it adds up, and answers with a list."""

    def fit(self, rows: Any, target: Any) -> Adds:
        self.n_features_in_ = np.shape(rows)[1]
        return self

    def predict(self, rows: Any) -> Any:
        return [float(sum(row)) for row in rows]


class Dices(Adds):
    """Answers something else every time."""

    def predict(self, rows: Any) -> Any:
        return np.random.default_rng().normal(size=len(rows))


class AnswersNothing(Adds):
    """Answers NaN, which JSON can't hold."""

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), np.nan)


def forest(**given: Any) -> RandomForestRegressor:
    return RandomForestRegressor(n_estimators=5, random_state=0, **given)


def by_name(text: Any) -> ColumnTransformer:
    return ColumnTransformer([("text", text, TEXT), ("numbers", StandardScaler(), NUMBERS)])


NUMERIC = {
    "forest": forest().fit(X, QUANTITY),
    "forest with names": forest().fit(FRAME[["a", "b", "c"]], QUANTITY),
    "forest of labels": RandomForestClassifier(n_estimators=5, random_state=0).fit(X, LABEL),
    "forest of two quantities": forest().fit(X, np.column_stack([QUANTITY, X[:, 0]])),
    "forest of two labels": RandomForestClassifier(n_estimators=5, random_state=0).fit(
        X, np.column_stack([LABEL, np.where(X[:, 1] > 0, "up", "down")])
    ),
    "two quantities in a pipeline": make_pipeline(StandardScaler(), LinearRegression()).fit(X, X[:, :2]),
    "boosting": HistGradientBoostingRegressor(max_iter=5).fit(X, QUANTITY),
    "logistic": LogisticRegression().fit(X, LABEL),
    "machine without probabilities": SVC().fit(X, LABEL),
    "clusters": KMeans(3, n_init=1, random_state=0).fit(X),
    "outliers": IsolationForest(n_estimators=5, random_state=0).fit(X),
    "search": GridSearchCV(forest(n_jobs=-1), {"max_depth": [2, 3]}, cv=2).fit(X, QUANTITY),
    "by name, no text": make_pipeline(
        ColumnTransformer([("n", StandardScaler(), ["a"])], remainder="passthrough"), forest()
    ).fit(FRAME[["a", "b", "c"]], QUANTITY),
    "a user's own": Adds().fit(X, QUANTITY),
}
WITH_TEXT = {
    "one-hot": make_pipeline(by_name(OneHotEncoder(handle_unknown="ignore")), LogisticRegression()),
    "ordinal": make_pipeline(by_name(OrdinalEncoder()), RandomForestClassifier(n_estimators=5, random_state=0)),
    "imputed": make_pipeline(
        by_name(make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())), LogisticRegression()
    ),
    "selected by type": make_pipeline(
        ColumnTransformer(
            [("text", OneHotEncoder(), make_column_selector(dtype_include=["object", "str"]))], remainder="passthrough"
        ),
        LogisticRegression(max_iter=1000),
    ),
}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def saved(estimator: Any, name: str = "model.joblib", **options: Any) -> Path:
        joblib.dump(estimator, tmp_path / name, **options)
        return tmp_path / name

    return saved


def packed(source: Path, **options: Any) -> tuple[Manifest, LoadedModel]:
    destination = source.parent / "model.tar.gz"
    manifest = pack(source, destination, **options)
    with open_model(destination) as artifact:
        return manifest, load(artifact)


@pytest.mark.parametrize("name", NUMERIC)
def test_the_packed_model_answers_as_the_estimator(saved: Callable[..., Path], name: str) -> None:
    estimator = NUMERIC[name]
    _, loaded = packed(saved(estimator))
    frame = hasattr(estimator, "feature_names_in_")
    alone = copy.deepcopy(estimator)
    use_one_core(alone)  # on several cores it adds its own trees up in an order that is chance
    expected = alone.predict(FRAME[["a", "b", "c"]] if frame else X)
    assert np.array_equal(loaded.model.predict(X), np.asarray(expected))


@pytest.mark.parametrize("name", WITH_TEXT)
def test_text_columns_are_found_and_served(saved: Callable[..., Path], name: str) -> None:
    estimator = WITH_TEXT[name].fit(FRAME, LABEL)
    manifest, loaded = packed(saved(estimator))
    assert [feature.dtype for feature in manifest.features] == ["float64"] * 3 + ["string", "float64"]
    rows: Array = FRAME.to_numpy(dtype=object)
    assert loaded.model.predict(rows).tolist() == estimator.predict(FRAME).tolist()
    assert np.array_equal(loaded.model.predict_proba(rows)[0], estimator.predict_proba(FRAME))


def test_a_union_of_encoders_takes_text_too(saved: Callable[..., Path]) -> None:
    both = ColumnTransformer([("text", make_union(OneHotEncoder(), OrdinalEncoder()), TEXT)], remainder="passthrough")
    manifest, _ = packed(saved(make_pipeline(both, LogisticRegression(max_iter=1000)).fit(FRAME, LABEL)))
    assert manifest.features[3].dtype == "string"


def test_a_sample_tells_text_and_truth_values(saved: Callable[..., Path], tmp_path: Path) -> None:
    frame = FRAME[["a", "colour"]].assign(flag=FRAME["a"] > 0)
    columns = ColumnTransformer([("flag", OneHotEncoder(), ["flag"]), ("a", "passthrough", ["a"])])
    estimator = make_pipeline(columns, LogisticRegression()).fit(frame, LABEL)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    manifest, loaded = packed(saved(estimator), sample=tmp_path / "rows.csv")
    assert [feature.dtype for feature in manifest.features] == ["float64", "string", "bool"]
    assert loaded.model.predict(frame.to_numpy(dtype=object)).tolist() == estimator.predict(frame).tolist()


def test_frames_are_given_where_arrays_would_be_added_up_in_another_order(saved: Callable[..., Path]) -> None:
    """A linear model, whose sums depend on how columns lie in memory; a forest only compares."""
    wide = pd.DataFrame({f"x{place}": RANDOM.normal(size=60) for place in range(12)})
    for estimator, kind in ((LinearRegression(), "frame"), (forest(), "array")):
        manifest, loaded = packed(saved(estimator.fit(wide, QUANTITY)))
        assert np.array_equal(loaded.model.predict(wide.to_numpy()), estimator.predict(wide))
        assert manifest.input == kind


@pytest.mark.parametrize(
    ("name", "task", "outputs", "classes"),
    [
        ("forest", "regression", 1, None),
        ("forest of labels", "classification", 1, (("cheap", "dear"),)),
        ("forest of two quantities", "regression", 2, None),
        ("forest of two labels", "classification", 2, (("cheap", "dear"), ("down", "up"))),
        ("two quantities in a pipeline", "regression", 2, None),
        ("clusters", "other", 1, None),
        ("outliers", "other", 1, None),
    ],
)
def test_the_manifest_says_what_is_answered(
    saved: Callable[..., Path], name: str, task: str, outputs: int, classes: Any
) -> None:
    manifest, _ = packed(saved(NUMERIC[name]))
    assert (manifest.task, len(manifest.outputs), manifest.classes) == (task, outputs, classes)


@pytest.mark.parametrize(("name", "probabilities"), [("logistic", True), ("machine without probabilities", False)])
def test_probabilities_are_there_where_the_estimator_has_them(
    saved: Callable[..., Path], name: str, probabilities: bool
) -> None:
    assert packed(saved(NUMERIC[name]))[1].has_probabilities is probabilities


def test_the_same_input_gives_the_same_bytes(saved: Callable[..., Path], tmp_path: Path) -> None:
    source = saved(NUMERIC["forest"])
    for name in ("one.tar.gz", "two.tar.gz"):
        pack(source, tmp_path / name)
    pack(tmp_path / "one.tar.gz", tmp_path / "again.tar.gz")
    assert len({(tmp_path / name).read_bytes() for name in ("one.tar.gz", "two.tar.gz", "again.tar.gz")}) == 1


@pytest.mark.parametrize("options", [{}, {"compress": 3}, {"compress": ("xz", 3)}, {"protocol": 2}])
@pytest.mark.parametrize("name", ["model.joblib", "houses.pkl"])
def test_every_way_to_write_a_pickle_is_read(saved: Callable[..., Path], name: str, options: dict[str, Any]) -> None:
    _, loaded = packed(saved(NUMERIC["forest"], name, **options))
    assert np.array_equal(loaded.model.predict(X), NUMERIC["forest"].predict(X))


def test_names_are_given_where_the_estimator_has_none(saved: Callable[..., Path]) -> None:
    manifest, _ = packed(saved(NUMERIC["forest"]), names=["x", "y", "z"])
    assert manifest.schema.names == ("x", "y", "z")


@pytest.mark.parametrize("names", [["x"], ["x", "y", "y"], ["x", "y", ""], ["x", "y", "z", "w"]])
def test_names_that_do_not_fit_are_refused(saved: Callable[..., Path], names: list[str]) -> None:
    with pytest.raises(PackingError, match="the model takes 3 columns"):
        packed(saved(NUMERIC["forest"]), names=names)


def test_names_that_contradict_the_estimator_are_refused(saved: Callable[..., Path]) -> None:
    with pytest.raises(PackingError, match="fitted with the columns a, b, c; other names were given"):
        packed(saved(NUMERIC["forest with names"]), names=["x", "y", "z"])


def test_a_sample_becomes_the_example(saved: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("b,a,c\n1,2,3\n4,5,6\n7,8,9\n0,0,0\n")
    manifest, _ = packed(saved(NUMERIC["forest with names"]), sample=tmp_path / "rows.csv")
    assert manifest.example is not None
    assert manifest.example.rows == ((2.0, 1.0, 3.0), (5.0, 4.0, 6.0), (8.0, 7.0, 9.0))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("a,b\n1,2\n", "rows.csv doesn't fit the model"), ("", "rows.csv doesn't fit"), (None, "can't be read")],
)
def test_a_sample_that_does_not_fit_is_refused(
    saved: Callable[..., Path], tmp_path: Path, content: str | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / "rows.csv").write_text(content)
    with pytest.raises(PackingError, match=complaint):
        packed(saved(NUMERIC["forest with names"]), sample=tmp_path / "rows.csv")


def test_an_estimator_that_dices_is_not_packed(saved: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(PackingError, match="doesn't answer as the estimator does"):
        packed(saved(Dices().fit(X, QUANTITY)))
    assert not (tmp_path / "model.tar.gz").exists()


def test_answers_that_json_cannot_hold_are_refused(saved: Callable[..., Path]) -> None:
    with pytest.raises(PackingError, match="can't be written as JSON"):
        packed(saved(AnswersNothing().fit(X, QUANTITY)))


@pytest.mark.parametrize("estimator", [forest(), make_pipeline(StandardScaler(), forest()), KMeans(2)])
def test_what_is_not_fitted_is_not_packed(saved: Callable[..., Path], estimator: Any) -> None:
    with pytest.raises(ArtifactError, match="it isn't fitted"):
        packed(saved(estimator))
