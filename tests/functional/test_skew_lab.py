"""The skew check's lab: trainings as people write them, and whether it warns, has a note of doubt, or is silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from skew_cases import (
    MODEL_FN,
    READS,
    Case,
    Written,
    arrays,
    classifier,
    csv,
    grades,
    houses,
    named,
    plain,
    raw,
    scaled,
    scaled_named,
)
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from container.packing import skew
from container.packing.plain_hooks import may_preprocess

LOG = FunctionTransformer(np.log1p)
README = (("README", "The houses, as of 2020, by an agency.\nSome, but not all, columns are rounded.\n\nSee above.\n"),)
DOUBTS = (
    "unless",
    "no usual preprocessing",
    "n't compared",
    "nothing to compare",
    "other units",
    "too few",
    "no table",
)


def unnamed(table):
    return table.set_axis(range(table.shape[1]), axis=1)


def middle(table):
    return table[[*table.columns[:3], "price", *[name for name in table.columns[3:] if name != "price"]]]


def first(table):
    return table[["price", *table.columns.drop("price")]]


def random_labels(make):
    return lambda: make().assign(price=lambda table: table.price.sample(frac=1, random_state=1).to_numpy())


def with_text(table):
    kinds = np.array(["flat", "house", "hut"])[np.arange(len(table)) % 3]
    return table.assign(kind=kinds)[["kind", *table.columns]]


def two_prices():
    return houses().assign(rent=lambda table: table.age * 20 + table.rooms / 10)


def both(table):
    return table.drop(columns=["price", "rent"]), table[["price", "rent"]]


def gaps():
    table = houses()
    table.loc[::7, "age"] = np.nan
    return table


def coded_text(table):
    return table.assign(kind=table.kind.astype("category").cat.codes)


def flags():
    return houses().assign(
        garden=np.arange(300) % 5 > 0, price=lambda table: table.price + 150_000 * table.garden
    )[["garden", "rooms", "age", "income", "latitude", "distance", "price"]]  # fmt: skip


def but_flags(features):
    return np.column_stack([features.garden, StandardScaler().fit_transform(features.drop(columns="garden"))])


def dummies(table):
    return pd.get_dummies(table, columns=["kind"], dtype=float)


def scaled_dummies(features):
    wide = dummies(features)
    numbers = ["rooms", "age", "income", "latitude", "distance"]
    wide[numbers] = StandardScaler().fit_transform(wide[numbers])
    return wide


def made(features):
    per = pd.DataFrame({"per_age": features.rooms / features.age, "log_income": np.log(features.income)})
    return features[["age", "latitude", "distance"]].join(per)


def predicts(body, before=""):
    return f"{MODEL_FN}import numpy as np\n{before}\ndef predict_fn(data, model):\n    return {body}\n"


def whole(estimator):
    return lambda: make_pipeline(StandardScaler(), estimator)


CASES = {
    # A scaler or another step was left out.
    "standardized": Case("warns"),
    "standardized, named": Case("warns", fitted=scaled_named),
    "min-max": Case("warns", fitted=plain(MinMaxScaler())),
    "min-max of -1 to 1": Case("warns", fitted=plain(MinMaxScaler((-1, 1)))),
    "robust": Case("warns", fitted=plain(RobustScaler())),
    "logarithms": Case("warns", fitted=named(LOG)),
    "logarithms, standardized": Case("warns", fitted=plain(make_pipeline(LOG, StandardScaler()))),
    "quantiles": Case("warns", fitted=plain(QuantileTransformer(n_quantiles=50))),
    "power": Case("warns", fitted=plain(PowerTransformer())),
    "PCA": Case("warns", fitted=plain(make_pipeline(StandardScaler(), PCA()))),
    "normalizer": Case("warns", fitted=plain(Normalizer())),
    "a tree": Case("warns", model=lambda: DecisionTreeRegressor(random_state=0)),
    "boosting": Case("warns", model=lambda: GradientBoostingRegressor(n_estimators=20)),
    "neighbours": Case("warns", model=lambda: KNeighborsRegressor(2)),
    "a line": Case("warns", model=LinearRegression),
    "rows and target standardized": Case("warns", target=lambda y: (y - y.mean()) / y.std()),
    "classes": Case("warns", grades, model=classifier),
    "classes, logistic": Case("warns", lambda: grades(300, (0.5,)), model=lambda: LogisticRegression(C=1000)),
    "texts as classes": Case("warns", lambda: grades().replace({"price": dict(enumerate(["low", "mid", "top"]))}),
                             model=classifier),
    "a rare class": Case("warns", lambda: grades(600, (0.94,)), model=classifier),
    "truth values": Case("warns", lambda: grades(300, (0.5,)).astype({"price": bool}), model=classifier),
    "two outputs": Case("warns", two_prices, split=both),
    "flags left alone": Case("warns", flags, but_flags),
    "texts numbered, all scaled": Case("warns", lambda: with_text(houses()),
                                       lambda rows: scaled(coded_text(rows))),
    "dummies beside scaled numbers": Case("warns", lambda: with_text(houses()), scaled_dummies),
    "missing values": Case("warns", gaps),
    "a wide table": Case("warns", lambda: houses(noise=40)),
    "few rows": Case("warns", lambda: houses(40)),
    # However the file looks.
    "gz": Case("warns", written=csv("train.csv.gz")),
    "tabs": Case("warns", written=csv("train.tsv", sep="\t")),
    "semicolons": Case("warns", written=csv(sep=";")),
    "semicolons, decimal commas": Case("warns", written=csv(sep=";", decimal=",")),
    "spaces": Case("warns", written=csv("train.txt", sep=" ")),
    ".data, headless": Case("warns", written=csv("houses.data", header=False)),
    ".data, spaces": Case("warns", written=csv("houses.data", header=False, sep=" ")),
    "parquet": Case("warns", written=csv("train.parquet")),
    "README beside": Case("warns", written=Written(beside=README)),
    "another table beside": Case("warns", written=Written(beside=(("a.csv", "zip,city\n1,x\n2,y\n"),))),
    "another channel": Case("warns", written=csv(channel="houses")),
    "channel of a split": Case("warns", written=csv(channel="train_data")),
    "index": Case("warns", written=csv(index=True)),
    "index, headless": Case("warns", written=csv(index=True, header=False)),
    "id": Case("warns", lambda: houses().assign(house_id=range(9000, 8700, -1)),
               split=lambda table: (table.drop(columns=["price", "house_id"]), table.price)),
    "numbered header": Case("warns", written=Written(change=unnamed)),
    "target first": Case("warns", written=Written(change=first)),
    "target in the middle": Case("warns", written=Written(change=middle)),
    "wide, target in the middle, unnamed": Case(
        "warns", lambda: houses(noise=20), written=Written(change=lambda table: unnamed(middle(table)))),
    # Hooks that only load, read and predict don't help.
    "hooks that load": Case("warns", hooks=MODEL_FN),
    "hooks that read": Case("warns", hooks=MODEL_FN + READS),
    "hooks that predict": Case("warns", hooks=predicts("model.predict(np.array(data, dtype=float)).tolist()")),
    "hooks that map labels": Case("warns", grades, model=classifier,
                                  hooks="def output_fn(p, accept):\n    return ['abc'[int(x)] for x in p]\n"),
    # Hooks that may preprocess.
    "helper": Case("note", hooks=predicts("model.predict(prepare(data))", "from helpers import prepare")),
    "helper of its own": Case("note", hooks=predicts("model.predict(prep(data))", "def prep(x): return (x - 1) / 2")),
    "a helper that's called like a reader": Case("note", hooks=predicts("model.predict(load(data))",
                                                                        "def load(x): return x / 2")),
    "arithmetic": Case("note", hooks=predicts("model.predict((data - MEAN) / STD)", "MEAN, STD = 1, 2")),
    "numpy": Case("note", hooks=predicts("model.predict(np.log1p(data))")),
    "a scaler's transform": Case("note", hooks=predicts("model['forest'].predict(model['scaler'].transform(data))")),
    "lambda": Case("note", hooks=MODEL_FN + "predict_fn = lambda data, model: model.predict(data / 2)\n"),
    "lambda in a reader": Case("note", hooks="import pandas as pd\ndef input_fn(body, kind):\n"
                                             "    return pd.read_csv(body, converters={0: lambda x: float(x) / 2})\n"),
    "a function handed on": Case("note", hooks="import pandas as pd\ndef half(x): return float(x) / 2\n"
                                 "def input_fn(body, kind):\n    return pd.read_csv(body, converters={0: half})\n"),
    "imported hooks": Case("note", hooks="from hooks import input_fn, predict_fn\n"),
    "starred hooks": Case("note", hooks="from hooks import *\n"),
    "decorated": Case("note", hooks="from h import scaling\n@scaling\ndef predict_fn(data, m):\n"
                                    "    return m.predict(data)\n"),
    "changed in place": Case("note", hooks="def predict_fn(data, model):\n    data -= 5\n"
                                           "    return model.predict(data)\n"),
    "pipeline in model_fn": Case("note", hooks="import joblib\ndef model_fn(d):\n    return Pipeline(["
                                 "('s', joblib.load(d + '/s.joblib')), ('f', joblib.load(d + '/model.joblib'))])\n"),
    "another model in model_fn": Case("note", hooks=MODEL_FN.replace("model.joblib", "whole.joblib")),
    "transform_fn": Case("note", hooks="def transform_fn(model, body, kind, accept):\n"
                                       "    return str(model.predict(scale(body)))\n"),
    # Nothing was left out.
    "raw": Case("silent", fitted=raw),
    "raw, arrays": Case("silent", fitted=arrays),
    "raw, a line": Case("silent", fitted=arrays, model=LinearRegression),
    "raw, classes": Case("silent", grades, raw, classifier),
    "raw, two outputs": Case("silent", two_prices, raw, split=both),
    "raw, rare class": Case("silent", lambda: grades(600, (0.98,)), raw, classifier),
    "raw, missing values": Case("silent", gaps, raw),
    "raw, numbered texts": Case("silent", lambda: with_text(houses()), lambda rows: arrays(coded_text(rows))),
    "raw, dummies": Case("silent", lambda: with_text(houses()), dummies),
    "raw, wide, target in the middle, unnamed": Case(
        "silent", lambda: houses(noise=20), arrays, written=Written(change=lambda table: unnamed(middle(table)))),
    "whole pipeline": Case("silent", fitted=arrays, model=whole(RandomForestRegressor(5))),
    "whole pipeline, classes": Case("silent", grades, raw, whole(RandomForestClassifier(5))),
    "target transformed and back": Case("silent", fitted=raw, model=lambda: TransformedTargetRegressor(
        RandomForestRegressor(5), func=np.log1p, inverse_func=np.expm1)),
    "already scaled data": Case("silent", lambda: scaled_named(houses()), raw),
    "labels called otherwise": Case("silent", grades, raw, classifier, target=lambda y: 2 - y),
    "numbers for texts, in another order": Case(
        "silent", lambda: grades().replace({"price": dict(enumerate(["low", "mid", "alp"]))}), raw, classifier,
        target=lambda y: y.map({"low": 0, "mid": 1, "alp": 2})),
    # The target was mapped.
    "log target": Case("note", fitted=raw, target=np.log1p),
    "log target, expm1 in predict_fn": Case("note", fitted=raw, target=np.log1p,
                                            hooks=predicts("np.expm1(model.predict(data))")),
    "log target, a line": Case("note", fitted=arrays, target=np.log1p, model=LinearRegression),
    "target times 100000": Case("note", fitted=raw, target=lambda y: y * 100_000),
    "target standardized": Case("note", fitted=arrays, target=lambda y: (y - y.mean()) / y.std()),
    "target negated": Case("note", fitted=arrays, target=lambda y: -y, model=LinearRegression),
    # The model is bad, by itself.
    "random labels": Case("silent", random_labels(houses), raw),
    "random labels, a line": Case("note", random_labels(houses), arrays, LinearRegression),
    "random labels, leaves": Case("note", random_labels(houses), raw,
                                  lambda: RandomForestRegressor(5, min_samples_leaf=40)),
    "random classes, a stump": Case("note", random_labels(grades), raw,
                                    lambda: RandomForestClassifier(3, max_depth=1, random_state=0)),
    "random labels, scaled": Case("note", random_labels(houses), scaled, LinearRegression),
    "the mean": Case("note", model=DummyRegressor),
    "the commonest": Case("note", grades, model=DummyClassifier),
    "a rare class that is never seen": Case("note", lambda: grades(600, (0.97,)), raw,
                                            lambda: RandomForestClassifier(3, max_depth=1, random_state=0)),
    # There is nothing to judge by.
    "clusters": Case("note", model=lambda: KMeans(3, n_init=1)),
    "clusters in a pipeline": Case("note", fitted=arrays, model=whole(KMeans(3, n_init=1))),
    "outliers": Case("note", model=lambda: IsolationForest(n_estimators=5)),
    "novelties": Case("note", model=lambda: LocalOutlierFactor(novelty=True)),
    "a scaler": Case("note", model=StandardScaler),
    "names that the training makes": Case("note", fitted=made),
    "columns that the training makes": Case("note", fitted=lambda rows: made(rows).to_numpy()),
    "a target that isn't in the table": Case("note", lambda: houses().drop(columns="price").assign(id=range(300)),
                                             scaled_named, split=lambda t: (t.drop(columns="id"), houses().price)),
    "very few rows": Case("note", lambda: houses(10)),
    "only other channels": Case("note", written=csv(channel="validation")),
    "only prose": Case("note", written=Written("notes.md", beside=README)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_warns_where_preprocessing_was_left_out_and_nowhere_else(name, tmp_path):
    case = CASES[name]
    table = case.table()
    features, target = case.split(table)
    model = case.model().fit(case.fitted(features), case.target(target))
    verdict = skew.check(model, case.written.write(table, tmp_path), by_script=hook_of(tmp_path, case.hooks))
    doubts = [doubt for doubt in DOUBTS if any(doubt in note for note in verdict.notes)]
    found = "warns" if verdict.warnings else "note" if doubts else "silent"
    assert found == case.expected, verdict.warnings or verdict.notes


def hook_of(folder: Path, text: str) -> str:
    if not text:
        return ""
    (folder / "inference.py").write_text(text)
    return may_preprocess(folder / "inference.py", ("model.joblib",))
