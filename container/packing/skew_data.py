"""Rows of the training data, and which of their columns the model takes and which it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

READ_ROWS: Final = 20_000
"""How much of a file is looked at: its beginning may be sorted, so rows are taken from all over this."""

COMPARED_ROWS: Final = 1_000
TRAINING_CHANNELS: Final = ("train", "training")
MOST_CANDIDATES: Final = 12
"""Of wider tables, only the likely columns are tried as the target."""

ROW_NAMES: Final = ("id", "index", "row", "row_id", "unnamed: 0")
"""These number rows; nobody predicts them."""

TARGET_NAMES: Final = ("target", "label", "y", "class")


class Sample(NamedTuple):
    """Some rows of a file, in its order."""

    table: pd.DataFrame
    name: str


class Candidate(NamedTuple):
    """A reading of the rows: what the model takes (rows, features) and what it should answer (rows,).

    `sure` says that the target is among those tried: all columns that are left, or one that is called so.
    """

    features: Any
    target: pd.Series[Any]
    sure: bool


def read(channels: Mapping[str, Path]) -> Sample | None:
    """Rows of the first file of the training channel; None where there is none. Raises what pandas raises."""
    import pandas as pd

    names = [name for name in TRAINING_CHANNELS if name in channels]
    names += [name for name in channels if name not in TRAINING_CHANNELS and len(channels) == 1]
    for path in (path for name in names for path in sorted(channels[name].rglob("*")) if path.is_file()):
        if path.name.startswith((".", "_")) or not path.stat().st_size:
            continue
        if path.suffix in (".parquet", ".pq"):
            return Sample(_spread(pd.read_parquet(path).head(READ_ROWS)), path.name)
        if path.suffix in (".csv", ".txt", ".data", ""):
            return Sample(_spread(_read_csv(path)), path.name)
    return None


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    peek = pd.read_csv(path, header=None, nrows=2, dtype=str)
    has_header = not any(_is_number(cell) for cell in peek.iloc[0])
    return pd.read_csv(path, header=0 if has_header else None, nrows=READ_ROWS)


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return str(cell).lower() != "nan"


def _spread(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= COMPARED_ROWS:
        return table
    return table.iloc[np.linspace(0, len(table) - 1, COMPARED_ROWS).astype(int)]


def candidates(estimator: Any, table: pd.DataFrame) -> Iterator[Candidate]:
    """The readings of the rows that fit the model, the likeliest first; none where no columns do."""
    names = [str(name) for name in getattr(estimator, "feature_names_in_", [])]
    width = getattr(estimator, "n_features_in_", None)
    by_name = {str(name): name for name in table.columns}
    if names and set(names) <= set(by_name):
        features = table[[by_name[name] for name in names]]
        features.columns = names
        left = [name for name in table.columns if str(name) not in names]
        for name in _likely(left):
            yield from _candidate(features, table[name], _is_sure(left))
        return
    for among in (table, table.select_dtypes(["number", "bool"])):
        if among.shape[1] - 1 == width:
            for name in _likely(list(among.columns)):
                yield from _candidate(among.drop(columns=name).to_numpy(), among[name], _is_sure(list(among.columns)))
            if among.shape[1] < table.shape[1]:
                return
            texts = [name for name in table.columns if name not in table.select_dtypes(["number", "bool"]).columns]
            if not texts:
                return
    targets = [name for name in table.columns if name not in table.select_dtypes(["number", "bool"]).columns]
    numbers = table.select_dtypes(["number", "bool"])
    if numbers.shape[1] == width:  # the target is a text
        for name in _likely(targets):
            yield from _candidate(numbers.to_numpy(), table[name], _is_sure(targets))


def _candidate(features: Any, target: pd.Series[Any], sure: bool) -> Iterator[Candidate]:
    known = target.notna().to_numpy()
    if known.any() and target[known].nunique() > 1:
        yield Candidate(features[known], target[known], sure)


def _likely(names: list[Any]) -> list[Any]:
    """The columns that may be the target: by their name, the last, the first, then the others of a narrow table."""
    called = [name for name in names if str(name).lower() in TARGET_NAMES]
    names = [name for name in names if str(name).lower() not in ROW_NAMES]
    ordered = [*called, *names[-1:], *names[:1], *(names if len(names) <= MOST_CANDIDATES else [])]
    return list(dict.fromkeys(ordered))


def _is_sure(names: list[Any]) -> bool:
    return len(names) <= MOST_CANDIDATES or any(str(name).lower() in TARGET_NAMES for name in names)
