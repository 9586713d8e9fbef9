"""The compiled forest answers as scikit-learn does, bit for bit, whatever forest hypothesis thinks of."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from container.forest.check import differences, edge_rows
from container.forest.flatten import flatten
from container.forest.kernel import BEST
from container.forest.layout import read, write
from container.forest.model import ForestModel

KERNELS = ["numpy"] if BEST == "numpy" else ["native", "numpy"]
REGRESSORS = [RandomForestRegressor, ExtraTreesRegressor, DecisionTreeRegressor, ExtraTreeRegressor]
CLASSIFIERS = [RandomForestClassifier, ExtraTreesClassifier, DecisionTreeClassifier, ExtraTreeClassifier]
LABELS = [
    np.array(["no", "yes", "perhaps", "ünknown", ""]),
    np.array(["a", "bb", "ccc", "d", "e"], dtype=object),
    np.array([-3, 7, 2**40, 0, 5]),
    np.array([1.0, -2.0, 0.0, 1e15, 3.0]),
    np.array([2, 1, 9, 4, 7], dtype=np.uint8),
]

examples = settings(max_examples=40, derandomize=True)


def training_rows(draw: Any) -> np.ndarray:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_rows, n_columns = draw(st.integers(8, 120)), draw(st.integers(1, 12))
    rows = random.standard_normal((n_rows, n_columns)) * 10.0 ** draw(st.integers(-30, 30))
    if draw(st.booleans()):
        rows = np.round(rows / np.abs(rows).max() * 4)  # many ties, zeros of both signs
    if draw(st.booleans()):
        rows[random.random(rows.shape) < 0.2] = np.nan
    return rows.astype(draw(st.sampled_from([np.float64, np.float32])))


@st.composite
def problems(draw: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray | None]:
    """An unfitted estimator, rows, targets and sample weights."""
    rows = training_rows(draw)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_outputs = draw(st.integers(1, 3))
    kind = draw(st.sampled_from(REGRESSORS + CLASSIFIERS))
    parameters: dict[str, Any] = {
        "max_depth": draw(st.sampled_from([None, 1, 3])),
        "max_leaf_nodes": draw(st.sampled_from([None, None, 5])),
        "min_samples_leaf": draw(st.sampled_from([1, 1, 4])),
        "random_state": draw(st.integers(0, 100)),
    }
    if kind in REGRESSORS:
        parameters["criterion"] = draw(st.sampled_from(["squared_error", "absolute_error"]))
        targets = random.standard_normal((len(rows), n_outputs)) * 10.0 ** draw(st.integers(-3, 9))
        if draw(st.booleans()):
            targets = np.where(random.random(targets.shape) < 0.5, -0.0, targets)
    else:
        labels = draw(st.sampled_from(LABELS))[: draw(st.integers(1, 5))]
        parameters["criterion"] = draw(st.sampled_from(["gini", "entropy"]))
        parameters["class_weight"] = draw(st.sampled_from([None, "balanced"]))
        targets = random.choice(labels, (len(rows), n_outputs))
    if "Trees" in kind.__name__ or "Forest" in kind.__name__:
        parameters["n_estimators"] = draw(st.integers(1, 20))
        parameters["bootstrap"] = draw(st.booleans())
    weights = random.random(len(rows)) if draw(st.booleans()) else None
    return kind(**parameters), rows, targets[:, 0] if n_outputs == 1 else targets, weights


def assert_equal(estimator: Any, rows: np.ndarray, directory: Any, seed: int) -> None:
    forest = flatten(estimator)
    write(forest, directory)
    mapped = read(directory)
    asked = edge_rows(mapped, rows, seed)
    for kernel in KERNELS:
        assert differences(estimator, ForestModel(mapped, threads=2, kernel=kernel), asked) is None


@examples
@given(problems(), st.integers(0, 1000))
def test_forests_alone(tmp_path_factory: pytest.TempPathFactory, problem: Any, seed: int) -> None:
    estimator, rows, targets, weights = problem
    estimator.fit(rows, targets, sample_weight=weights)
    assert_equal(estimator, rows, tmp_path_factory.mktemp("forest"), seed)


SCALERS = st.sampled_from(
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler(),
        MinMaxScaler((-1, 3), clip=True),
        RobustScaler(),
        RobustScaler(with_centering=False),
        "passthrough",
        None,
    ]
)
IMPUTERS = st.sampled_from(
    [
        SimpleImputer(),
        SimpleImputer(strategy="median"),
        SimpleImputer(strategy="most_frequent"),
        SimpleImputer(strategy="constant", fill_value=-7.0),
        SimpleImputer(keep_empty_features=True),
    ]
)


@st.composite
def preprocessors(draw: Any, n_columns: int) -> list[Any]:
    def chain() -> Any:
        scaler, imputer = draw(SCALERS), draw(IMPUTERS)
        return draw(st.sampled_from([make_pipeline(imputer, scaler), make_pipeline(scaler, imputer), imputer]))

    if not draw(st.booleans()):
        return [draw(SCALERS), chain()]
    names = [f"c{column}" for column in range(n_columns)]
    half = n_columns // 2
    selections = [
        [0],
        slice(0, half + 1),
        [name == "c0" for name in names],
        names[: half + 1],
        slice("c0", f"c{half}"),
    ]
    transformers = [
        ("first", chain(), draw(st.sampled_from([*selections, lambda table: list(table.columns[:1])]))),
        ("second", draw(SCALERS) or "passthrough", draw(st.sampled_from(selections))),
        ("third", "drop", [n_columns - 1]),
    ]
    remainder = draw(st.sampled_from(["drop", "passthrough", StandardScaler()]))
    return [ColumnTransformer(transformers, remainder=remainder), draw(SCALERS)]


@examples
@given(problems(), st.integers(0, 1000), st.data())
def test_pipelines(tmp_path_factory: pytest.TempPathFactory, problem: Any, seed: int, data: Any) -> None:
    estimator, rows, targets, _ = problem
    rows = rows.astype(np.float64)
    steps = data.draw(preprocessors(rows.shape[1]))
    pipeline = make_pipeline(*steps, estimator)
    table = pd.DataFrame(rows, columns=[f"c{column}" for column in range(rows.shape[1])])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(table, targets)
    assert_equal(pipeline, rows, tmp_path_factory.mktemp("forest"), seed)
