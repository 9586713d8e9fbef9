"""Fitting: the task, the split, the pipeline, and a forest that grows in steps as it would at once."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from container.errors import HyperparameterError, TrainingError
from container.training import fit
from container.training.data import Dataset
from container.training.hyperparameters import Hyperparameters


def ignore(_: str) -> None:
    """A log for tests that don't read it."""


def dataset(rows: int = 40, classes: int = 0, named: bool = True, **columns: Any) -> Dataset:
    """Random numbers and what follows from them: a quantity, or one of so many labels."""
    numbers = np.random.default_rng(0).normal(size=(rows, 3))
    features = pd.DataFrame(numbers, columns=list("abc") if named else range(1, 4)).assign(**columns)
    quantity = numbers[:, 0] * 3 + numbers[:, 1]
    target = pd.qcut(quantity, classes, labels=False) if classes else quantity
    return Dataset(features, pd.Series(target, name="y" if named else 0), named)


def fitted(
    data: Dataset, task: str, log: fit.Log = ignore, clock: Callable[[], float] | None = None, **given: Any
) -> Any:
    settings = Hyperparameters.parse({"n_estimators": "6", **given})
    pipeline = fit.build(data, task, settings)
    fit.fit(pipeline, data, log, *([clock] if clock else []))
    return pipeline


def pickled(model: Any) -> bytes:
    out = io.BytesIO()
    joblib.dump(model, out)
    return out.getvalue()


class SlowClock:
    """Each look at it finds this many seconds gone."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0.5, 1.5], "regression"),
        ([0, 1, 1], "classification"),
        ([0.0, 1.0], "classification"),
        (list(range(21)), "regression"),
        (list(range(20)), "classification"),
        (["x", "y"], "classification"),
        ([True, False], "classification"),
        ([7, 7], "classification"),
    ],
)
def test_the_task_follows_from_the_target_and_is_said(values: list[Any], task: str) -> None:
    said: list[str] = []
    assert fit.choose_task(pd.Series(values, name="y"), "auto", said.append) == task
    assert said[0].startswith(f"task: {task}, because ")


def test_the_task_can_be_told() -> None:
    assert fit.choose_task(pd.Series([0, 1]), "regression", ignore) == "regression"
    assert fit.choose_task(pd.Series([0.5, 1]), "classification", ignore) == "classification"


@pytest.mark.parametrize("values", [["cheap", "dear"], [True, False]])
def test_what_is_no_number_is_not_regressed_on(values: list[Any]) -> None:
    with pytest.raises(TrainingError, match=f"The target 'y' holds '{values[0]}', which is no number"):
        fit.choose_task(pd.Series(values, name="y"), "regression", ignore)


def test_a_target_with_one_value_is_said_to_teach_nothing() -> None:
    said: list[str] = []
    fit.choose_task(pd.Series(["x", "x"]), "auto", said.append)
    assert "nothing to learn" in said[0]


def test_the_split_is_the_same_for_the_same_seed() -> None:
    data, settings = dataset(), Hyperparameters()
    one, again = (fit.split(data, "regression", settings) for _ in range(2))
    pd.testing.assert_frame_equal(one[1].features, again[1].features)
    assert (len(one[0]), len(one[1])) == (32, 8)
    assert not set(one[0].features.index) & set(one[1].features.index)


def test_every_class_is_on_both_sides_where_it_can_be() -> None:
    data = Dataset(pd.DataFrame({"a": range(20)}), pd.Series(["x"] * 16 + ["y"] * 4), True)
    for seed in range(5):
        sides = fit.split(data, "classification", Hyperparameters.parse({"random_state": seed}))
        assert [set(side.target) for side in sides] == [{"x", "y"}] * 2


@pytest.mark.parametrize("target", [["x", "y"], ["x", "x", "y"], list("abcdefgh")])
def test_few_rows_of_many_classes_are_split_all_the_same(target: list[str]) -> None:
    data = Dataset(pd.DataFrame({"a": range(len(target))}), pd.Series(target), True)
    parts = fit.split(data, "classification", Hyperparameters())
    assert sum(map(len, parts)) == len(target)


def test_one_row_is_not_split() -> None:
    with pytest.raises(TrainingError, match="One row can't be split"):
        fit.split(dataset(1), "regression", Hyperparameters())


def test_a_split_that_leaves_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(HyperparameterError, match=r"validation_fraction is 0\.95, which leaves none of the 2 rows"):
        fit.split(dataset(2), "regression", Hyperparameters(validation_fraction=0.95))


@pytest.mark.parametrize("seconds", [0, 4, 100])
@pytest.mark.parametrize(("task", "classes", "given"), [
    ("regression", 0, {}),
    ("classification", 3, {"class_weight": "balanced"}),
    ("regression", 0, {"max_features": "sqrt", "max_samples": "0.9"}),
])  # fmt: skip
def test_growing_in_steps_gives_the_forest_of_a_single_fit(
    task: str, classes: int, given: dict[str, str], seconds: float
) -> None:
    data = dataset(classes=classes)
    grown = fitted(data, task, clock=SlowClock(seconds), **given)
    settings = Hyperparameters.parse({"n_estimators": "6", **given})
    forest = (RandomForestClassifier if classes else RandomForestRegressor)(**settings.forest)
    forest.fit(data.features, data.target)
    assert np.array_equal(grown.predict(data.features), forest.predict(data.features))


def test_the_number_of_jobs_leaves_no_trace_in_the_model() -> None:
    data = dataset()
    assert pickled(fitted(data, "regression", n_jobs="1")) == pickled(fitted(data, "regression", n_jobs="2"))


def test_the_seed_decides_the_model() -> None:
    data = dataset()
    one, same, other = (pickled(fitted(data, "regression", random_state=seed)) for seed in (1, 1, 2))
    assert one == same != other


def test_a_long_fit_says_how_far_it_is() -> None:
    said: list[str] = []
    fitted(dataset(), "regression", said.append, SlowClock(30))
    assert said
    assert all(line.startswith("progress: ") and " of 6 trees after " in line for line in said)


def test_what_scikit_learn_refuses_is_one_line() -> None:
    with pytest.raises(TrainingError, match=r"^scikit-learn refuses: Out of bag estimation only available"):
        fitted(dataset(), "regression", bootstrap="false", oob_score="true")


@pytest.mark.parametrize(
    ("task", "given", "complaint"),
    [
        ("classification", {"criterion": "squared_error"}, "criterion is 'squared_error'; allowed for classification"),
        ("regression", {"criterion": "gini"}, "allowed for regression is squared_error"),
        ("regression", {"class_weight": "balanced"}, "class_weight is for classification"),
    ],
)
def test_a_hyperparameter_of_the_other_task_is_refused(task: str, given: dict[str, str], complaint: str) -> None:
    with pytest.raises(HyperparameterError, match=complaint):
        fit.build(dataset(), task, Hyperparameters.parse(given))


TEXT = {"colour": ["red", "blue", None, "green"] * 10}


@pytest.mark.parametrize("named", [True, False])
def test_text_columns_become_numbers_within_the_pipeline(named: bool) -> None:
    data = dataset(named=named, **TEXT)
    if not named:
        data = Dataset(data.features.set_axis(range(1, 5), axis="columns"), data.target, named)
    pipeline = fitted(data, "regression")
    unseen = data.features.copy()
    unseen.iloc[:, 3] = "never seen"
    rows = fit.inputs(Dataset(unseen, data.target, named))
    assert np.isfinite(pipeline.predict(rows)).all()


def test_a_text_column_without_any_text_in_the_rows_to_fit_is_served() -> None:
    nothing = dataset(colour=pd.Series([None] * 40, dtype="str"))
    pipeline = fitted(nothing, "regression")
    some = Dataset(nothing.features.assign(colour="red"), nothing.target, True)
    assert np.isfinite(pipeline.predict(fit.inputs(some))).all()


def test_truth_values_with_gaps_are_numbers_to_the_forest() -> None:
    data = dataset(maybe=pd.array([True, None, False, True] * 10, dtype="boolean"))
    assert [feature.dtype for feature in fit.describe_features(data)][-1] == "bool"
    assert np.isfinite(fitted(data, "regression").predict(fit.inputs(data))).all()


def test_whole_labels_stay_whole_where_gaps_made_them_floats() -> None:
    data = dataset(classes=3)
    data = Dataset(data.features, data.target.astype(float), True)
    assert fitted(data, "classification").classes_.tolist() == [0, 1, 2]
    assert fitted(data, "classification").classes_.dtype == np.int64


def test_a_regression_is_measured() -> None:
    data = dataset()
    scores = fit.evaluate(fitted(data, "regression"), data, "regression")
    assert set(scores) == {"rmse", "mae", "r2"}
    assert 0.5 < scores["r2"] < 1


def test_a_classification_is_measured() -> None:
    data = dataset(classes=2)
    scores = fit.evaluate(fitted(data, "classification"), data, "classification")
    assert set(scores) == {"accuracy", "f1", "log_loss"}
    assert scores["accuracy"] > 0.9


def test_labels_never_seen_are_wrong_and_no_failure() -> None:
    data = dataset(classes=2)
    other = Dataset(data.features, data.target + 10, True)
    assert fit.evaluate(fitted(data, "classification"), other, "classification") == {"accuracy": 0.0, "f1": 0.0}
