"""The skew check: models whose preprocessing was left out are found, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from container.artifact.manifest import Feature, Schema
from container.packing import skew
from container.packing.skew_scores import reported_metric

HOUSING = Path(__file__).parents[4] / "shared" / "data" / "cal_housing.csv"
TABLES = {
    "iris": (load_iris, "target"),
    "wine": (load_wine, "target"),
    "breast cancer": (load_breast_cancer, "target"),
    "diabetes": (load_diabetes, "target"),
}


def table(name: str) -> tuple[pd.DataFrame, pd.Series]:
    load, target = TABLES[name]
    frame = load(as_frame=True, **({"scaled": False} if name == "diabetes" else {})).frame
    return frame.drop(columns=target), frame[target]


def channel(folder: Path, features: pd.DataFrame, target: pd.Series, first: bool = False, header: bool = True):
    parts = [target, features] if first else [features, target]
    pd.concat(parts, axis=1).to_csv(folder / "data.csv", index=False, header=header)
    return {"train": folder}


def models(target: pd.Series) -> list:
    if target.nunique() > 5:
        return [RandomForestRegressor(10, random_state=0), LinearRegression()]
    return [RandomForestClassifier(10, random_state=0), ExtraTreesClassifier(10), LogisticRegression(max_iter=5000)]


@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
@pytest.mark.parametrize("name", TABLES)
def test_a_model_of_scaled_rows_is_found_and_a_pipeline_or_a_model_of_raw_rows_is_not(tmp_path, name, header):
    features, target = table(name)
    channels = channel(tmp_path, features, target, first=name == "wine", header=header)
    for model in models(target):
        raw = skew.check(model.fit(features.to_numpy(), target), channels)
        assert not raw.warnings and raw.notes
        whole = make_pipeline(StandardScaler(), model).fit(features.to_numpy(), target)
        assert not skew.check(whole, channels).warnings
        left_out = skew.check(model.fit(StandardScaler().fit_transform(features), target), channels)
        assert "preprocessing seems to be missing" in left_out.warnings[0]


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
def test_what_is_said_names_the_file_the_target_both_scores_and_the_way_out(tmp_path, scaler):
    features, target = table("diabetes")
    forest = RandomForestRegressor(10, random_state=0).fit(scaler().fit_transform(features), target)
    (warning,) = skew.check(forest, channel(tmp_path, features, target)).warnings
    assert "data.csv" in warning and "target target" in warning and scaler.__name__ in warning
    assert "make_pipeline(scaler, forest)" in warning and "R² -" in warning


def test_names_lead_to_the_columns_wherever_they_stand(tmp_path):
    features, target = table("diabetes")
    forest = RandomForestRegressor(10, random_state=0).fit(features, target)
    shuffled = features[sorted(features.columns)].assign(comment="x")
    verdict = skew.check(forest, channel(tmp_path, shuffled, target))
    assert not verdict.warnings and "R² 0.8" in verdict.notes[0]
    assert list(verdict.rows.columns) == list(features.columns)


def test_a_model_that_learned_nothing_is_not_suspected(tmp_path):
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.random((300, 4)) * 1000, columns=list("abcd"))
    target = pd.Series(random.random(300), name="y")
    for model in (LinearRegression(), RandomForestRegressor(10, max_depth=2, random_state=0)):
        assert not skew.check(model.fit(features, target), channel(tmp_path, features, target)).warnings


def test_splits_where_there_are_no_values_are_noted_where_scores_prove_nothing(tmp_path):
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.normal(5000, 10, (400, 5)), columns=list("abcde"))
    target = pd.Series(random.random(400), name="y")
    forest = RandomForestRegressor(5, min_samples_leaf=60, random_state=0).fit((features - 5000) / 10, target)
    verdict = skew.check(forest, channel(tmp_path, features, target))
    assert not verdict.warnings and "100% of its splits lie where the columns have no values" in verdict.notes[0]


def test_rows_sorted_by_their_class_are_taken_from_all_over(tmp_path):
    features, target = table("iris")
    features, target = (pd.concat([part] * 20, ignore_index=True) for part in (features, target))
    order = target.sort_values().index
    forest = RandomForestClassifier(5, random_state=0).fit(StandardScaler().fit_transform(features), target)
    assert skew.check(forest, channel(tmp_path, features.loc[order], target.loc[order])).warnings


def test_labels_that_are_texts(tmp_path):
    features, target = table("wine")
    channels = channel(tmp_path, features, target.map({0: "red", 1: "white", 2: "rosé"}))
    numbered = target.map({0: 0, 1: 2, 2: 1})  # as LabelEncoder numbers these texts
    assert not skew.check(RandomForestClassifier(5).fit(features, numbered), channels).warnings
    assert skew.check(
        RandomForestClassifier(5).fit(StandardScaler().fit_transform(features), numbered), channels
    ).warnings


def test_truth_values_are_labels_however_they_are_written(tmp_path):
    features, target = table("breast cancer")
    scaled = StandardScaler().fit_transform(features)
    for written in (target == 1, target.map({0: "False", 1: "True"}), target.astype(float)):
        channels = channel(tmp_path, features, written.rename("target"))
        for fitted in (target == 1, target):
            assert not skew.check(RandomForestClassifier(5).fit(features, fitted), channels).warnings
            assert skew.check(RandomForestClassifier(5).fit(scaled, fitted), channels).warnings


def test_several_outputs_are_compared_each_with_its_column(tmp_path):
    features, target = table("diabetes")
    targets = pd.DataFrame({"y": target, "z": -target})
    channels = channel(tmp_path, features, targets)
    forest = RandomForestRegressor(3, random_state=0).fit(features.to_numpy(), targets)
    verdict = skew.check(forest, channels, "r2: 0.9")
    assert not verdict.warnings and "target y, z" in verdict.notes[0]
    assert skew.check(forest.fit(StandardScaler().fit_transform(features), targets), channels).warnings


def test_accuracy_is_compared_with_accuracy(tmp_path):
    """95 % of one class: an accuracy of 0.95, and a balanced one of a half."""
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.random((400, 4)) * 100, columns=list("abcd"))
    target = pd.Series((random.random(400) < 0.05).astype(int), name="fraud")
    model = RandomForestClassifier(5, max_depth=1, random_state=0).fit(features, target)
    assert not skew.check(model, channel(tmp_path, features, target), "accuracy: 0.95").warnings


def test_a_target_in_the_middle_of_a_wide_table(tmp_path):
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.random((200, 30)) * 1000, columns=[f"f{place}" for place in range(30)])
    target = features["f3"] * 2
    whole = features.copy()
    whole.insert(12, "price", target)
    whole.to_csv(tmp_path / "data.csv", index=False)
    for model in (LinearRegression(), RandomForestRegressor(5, random_state=0)):
        assert not skew.check(model.fit(features.to_numpy(), target), {"train": tmp_path}, "r2: 0.99").warnings


def test_a_table_without_the_target(tmp_path):
    features, target = table("diabetes")
    features.assign(id=range(len(features))).to_csv(tmp_path / "data.csv", index=False)
    for model in (LinearRegression(), RandomForestRegressor(5)):
        verdict = skew.check(model.fit(features, target), {"train": tmp_path}, "r2: 0.99")
        assert not verdict.warnings and verdict.notes


def test_answers_in_other_units_are_noted(tmp_path):
    features, target = table("diabetes")
    forest = RandomForestRegressor(10, random_state=0).fit(features, np.log1p(target))
    verdict = skew.check(forest, channel(tmp_path, features, target))
    assert not verdict.warnings and "they follow target, in other units" in verdict.notes[0]


def test_a_metric_that_the_training_reported_is_held_against_the_answers(tmp_path):
    features, target = table("diabetes")
    shuffled = target.sample(frac=1, random_state=0).reset_index(drop=True)
    model = LinearRegression().fit(features, shuffled)
    channels = channel(tmp_path, features, target)
    assert "reported" not in skew.check(model, channels, "epoch 1\n").notes[0]
    reported = "epoch 1\nvalidation:r2=0.91\n"
    assert "the training reported 0.91" in skew.check(model, channels, reported).warnings[0]
    verdict = skew.check(model, channels, reported, by_script="predict_fn of inference.py")
    assert not verdict.warnings and "the training reported 0.91" in verdict.notes[0]


@pytest.mark.parametrize(
    ("said", "metric"),
    [
        ("R2: 0.81", 0.81),
        ("score 0.8260617", 0.8260617),
        ("validation:r2=0.5\nvalidation:r2=0.7", 0.7),
        ("Accuracy = 1", 1.0),
        ('{"accuracy": 0.93}', 0.93),
        ("test_r2: 0.62", 0.62),
        ("R-squared: 0.75", 0.75),
        ("r2_score = .5", 0.5),
        ("Accuracy on the test set: 0.95", 0.95),
        ("Accuracy (validation) is 87.5%", 0.875),
        ("rmse 4.1", None),
        ("brier_score_loss: 0.1", None),
        ("score 12.5", None),
        ("", None),
    ],
)
def test_what_counts_as_a_reported_metric(said, metric):
    assert reported_metric(said) == metric


def test_where_a_hook_may_scale_it_is_only_noted(tmp_path):
    features, target = table("diabetes")
    forest = RandomForestRegressor(5).fit(StandardScaler().fit_transform(features), target)
    verdict = skew.check(forest, channel(tmp_path, features, target), by_script="predict_fn of inference.py")
    assert not verdict.warnings and "unless predict_fn of inference.py does it" in verdict.notes[0]


def test_what_cannot_be_compared_is_said_and_never_raises(tmp_path):
    features, target = table("iris")
    forest = RandomForestClassifier(3).fit(features.to_numpy(), target)
    assert "no table" in skew.check(forest, {}).notes[0]
    (tmp_path / "data.csv").write_text("a,b\n1,2\n3,4\n")
    assert "2 columns and the model takes 4" in skew.check(forest, {"train": tmp_path}).notes[0]
    (tmp_path / "data.csv").write_bytes(b"\xff\xfe\x00nonsense")
    assert "no table" in skew.check(forest, {"train": tmp_path}).notes[0]
    for odd in (object(), RandomForestClassifier()):
        verdict = skew.check(odd, channel(tmp_path, features, target))
        assert verdict.notes and not verdict.warnings


def test_the_rows_are_kept_for_the_packed_model_to_answer(tmp_path):
    features, target = table("iris")
    verdict = skew.check(
        RandomForestClassifier(3).fit(features.to_numpy(), target), channel(tmp_path, features, target)
    )
    schema = Schema(tuple(Feature("") for _ in features.columns))
    assert np.array_equal(skew.first_rows(schema, verdict), features.to_numpy()[: skew.SAMPLE_ROWS])
    assert skew.first_rows(Schema((Feature("a"),)), verdict) is None
    assert skew.first_rows(schema, skew.Verdict()) is None


@pytest.mark.skipif(not HOUSING.exists(), reason="the California Housing table isn't here")
def test_the_seeds_way(tmp_path):
    housing = pd.read_csv(HOUSING)
    features, target = housing.drop(columns="medianHouseValue"), housing["medianHouseValue"]
    channels = channel(tmp_path, features, target)
    forest = RandomForestRegressor(5, random_state=0).fit(StandardScaler().fit_transform(features), target)
    (warning,) = skew.check(forest, channels).warnings
    assert "medianHouseValue" in warning and "standardized (StandardScaler)" in warning
    assert not skew.check(make_pipeline(StandardScaler(), forest).fit(features, target), channels).warnings
