"""Hyperparameters come as texts; each is parsed, or refused with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from container.errors import HyperparameterError
from container.training.hyperparameters import Hyperparameters


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n_estimators", "100", 100),
        ("n_estimators", " 100 ", 100),
        ("n_estimators", '"100"', 100),
        ("n_estimators", 100, 100),
        ("criterion", "gini", "gini"),
        ("max_depth", "5", 5),
        ("max_depth", "None", None),
        ("max_depth", "null", None),
        ("max_depth", None, None),
        ("min_samples_split", "2", 2),
        ("min_samples_split", "0.5", 0.5),
        ("min_samples_leaf", "1", 1),
        ("min_weight_fraction_leaf", "0.5", 0.5),
        ("max_features", "sqrt", "sqrt"),
        ("max_features", '"sqrt"', "sqrt"),
        ("max_features", "None", None),
        ("max_features", "1", 1),
        ("max_features", "1.0", 1.0),
        ("max_features", 0.5, 0.5),
        ("max_leaf_nodes", "2", 2),
        ("min_impurity_decrease", "0", 0.0),
        ("bootstrap", "True", True),
        ("bootstrap", False, False),
        ("oob_score", "false", False),
        ("n_jobs", "-1", -1),
        ("random_state", "42", 42),
        ("ccp_alpha", "1e-3", 0.001),
        ("max_samples", "0.9", 0.9),
        ("class_weight", "balanced", "balanced"),
    ],
)
def test_a_forests_hyperparameter_is_parsed(name: str, text: Any, value: Any) -> None:
    found = Hyperparameters.parse({name: text}).forest[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n_estimators", "0"),
        ("n_estimators", "ten"),
        ("n_estimators", "1e3"),
        ("n_estimators", "10.5"),
        ("n_estimators", "1_000"),
        ("n_estimators", "٣"),
        ("n_estimators", ""),
        ("n_estimators", "99999999999"),
        ("n_estimators", [1]),
        ("n_estimators", True),
        ("criterion", "best"),
        ("max_depth", "0"),
        ("min_samples_split", "1"),
        ("min_samples_leaf", "1.5"),
        ("min_weight_fraction_leaf", "0.6"),
        ("max_features", "auto"),
        ("max_features", "0.0"),
        ("max_features", "nan"),
        ("max_leaf_nodes", "1"),
        ("min_impurity_decrease", "inf"),
        ("bootstrap", "yes"),
        ("n_jobs", "0"),
        ("random_state", "None"),
        ("random_state", "4294967296"),
        ("ccp_alpha", "-1"),
        ("class_weight", "heavy"),
        ("task", "ranking"),
        ("header", "perhaps"),
        ("validation_fraction", "1"),
        ("validation_fraction", "0"),
    ],
)
def test_a_malformed_one_is_refused_with_its_name_and_what_is_allowed(name: str, text: Any) -> None:
    with pytest.raises(HyperparameterError, match=f"The hyperparameter {name} is .*; allowed is "):
        Hyperparameters.parse({name: text})


def test_the_refusal_shows_the_value_that_came() -> None:
    with pytest.raises(HyperparameterError, match="n_estimators is 'ten'; allowed is a whole number from 1"):
        Hyperparameters.parse({"n_estimators": "ten"})


def test_an_unknown_one_is_refused_with_its_value_and_the_likely_name() -> None:
    with pytest.raises(
        HyperparameterError, match=r"no hyperparameter n_estimator \(its value came as '5'\)"
    ) as refusal:
        Hyperparameters.parse({"n_estimator": "5"})
    assert refusal.value.hint.startswith("Did you mean n_estimators? Allowed are target,")


@pytest.mark.parametrize("name", ["sagemaker_program", "sagemaker_region", "_tuning_objective_metric"])
def test_what_sagemaker_adds_is_left_alone(name: str) -> None:
    assert Hyperparameters.parse({name: '"anything"'}) == Hyperparameters()


def test_nothing_gives_the_defaults_with_a_seed() -> None:
    found = Hyperparameters.parse({})
    assert (found.target, found.task, found.header, found.validation_fraction) == (None, "auto", "auto", 0.2)
    assert found.random_state == 0


def test_ours_are_parsed() -> None:
    found = Hyperparameters.parse({"target": '"MedHouseVal"', "task": "Regression", "validation_fraction": "0.3"})
    assert (found.target, found.task, found.validation_fraction) == ("MedHouseVal", "regression", 0.3)
    assert Hyperparameters.parse({"target": -1}).target == "-1"
