"""What training scripts do to their rows and how their files look, for the lab of the skew check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.preprocessing import FunctionTransformer, StandardScaler


def houses(rows: int = 300, noise: int = 0) -> pd.DataFrame:
    """Columns of very different scales, `noise` further ones, and a price that needs several of them."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "rooms": random.uniform(500, 6000, rows).round(),
            "age": random.uniform(1, 50, rows).round(1),
            "income": random.lognormal(10, 0.6, rows).round(),
            "latitude": random.uniform(32, 42, rows).round(3),
            "distance": random.uniform(0, 300, rows).round(1),
        }
    )
    for index in range(noise):
        table[f"noise{index}"] = random.uniform(0, 10 ** (index % 4), rows).round(3)
    price = 40 * table.rooms - 1500 * table.age + 4 * table.income + 12_000 * (table.latitude - 37).abs()
    return table.assign(price=(price + 60_000).round())


def grades(rows: int = 300, shares: tuple[float, ...] = (0.33, 0.67)) -> pd.DataFrame:
    """The same houses in classes by their price."""
    table = houses(rows)
    return table.assign(price=np.digitize(table.price, table.price.quantile(list(shares))))


def one(table: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    return table.drop(columns="price"), table["price"]


def regressor() -> Any:
    return RandomForestRegressor(8, random_state=0)


def classifier() -> Any:
    return RandomForestClassifier(8, random_state=0)


def raw(features: pd.DataFrame) -> Any:
    return features


def named(way: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Preprocessing that keeps the columns' names."""
    return lambda features: pd.DataFrame(way.fit_transform(features), columns=features.columns)


def plain(way: Any) -> Callable[[pd.DataFrame], Any]:
    """Preprocessing that leaves an array."""
    return lambda features: np.asarray(way.fit_transform(features))


scaled, scaled_named = plain(StandardScaler()), named(StandardScaler())
arrays = plain(FunctionTransformer())


class Written(NamedTuple):
    """How the table gets into a channel: pandas' options of to_csv, and what is done to it before."""

    file: str = "train.csv"
    channel: str = "train"
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table
    beside: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, Any], ...] = (("index", False),)

    def write(self, table: pd.DataFrame, base: Path) -> dict[str, Path]:
        folder = base / self.channel
        folder.mkdir()
        for name, text in self.beside:
            (folder / name).write_text(text)
        table = self.change(table)
        if self.file.endswith("parquet"):
            table.to_parquet(folder / self.file)
        else:
            table.to_csv(folder / self.file, **dict(self.options))
        return {self.channel: folder}


def csv(file: str = "train.csv", channel: str = "train", **options: Any) -> Written:
    return Written(file, channel, options=tuple({"index": False, **options}.items()))


class Case(NamedTuple):
    """A training: what it reads, fits and leaves; and whether the check warns, has a note of doubt, or is silent."""

    expected: str
    table: Callable[[], pd.DataFrame] = houses
    fitted: Callable[[pd.DataFrame], Any] = scaled
    model: Callable[[], Any] = regressor
    target: Callable[[Any], Any] = lambda target: target
    written: Written = csv()
    hooks: str = ""
    split: Callable[[pd.DataFrame], tuple[pd.DataFrame, Any]] = one


MODEL_FN = "import joblib, os\ndef model_fn(d):\n    return joblib.load(os.path.join(d, 'model.joblib'))\n"
READS = (
    "import io, pandas as pd\n"
    "def input_fn(body, kind):\n    return pd.read_csv(io.StringIO(body), header=None).values\n"
)
