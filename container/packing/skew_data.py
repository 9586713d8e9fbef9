"""Which columns of a table the model takes, and which it answers: all the readings that fit the model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from container.packing.skew_tables import Sample

if TYPE_CHECKING:
    import pandas as pd

MOST_CANDIDATES: Final = 12
"""Of wider tables, only the likely columns are tried as the target."""

FEWEST_ROWS: Final = 20
"""Of fewer rows, anything can be said."""

ROW_NAMES: Final = ("id", "index", "row", "row_id", "rowid", "uuid", "unnamed: 0")
"""These number rows; nobody predicts them."""

TARGET_NAMES: Final = ("target", "label", "y", "class")


class Candidate(NamedTuple):
    """A reading of the rows: what the model takes (rows, features), and what it should answer (rows, outputs).

    `likely` says that the target is called so, or stands first or last.
    """

    features: Any
    target: pd.DataFrame
    file: str
    likely: bool

    @property
    def name(self) -> str:
        """The target's name, or its columns' names."""
        return ", ".join(map(str, self.target.columns))


def candidates(estimator: Any, sample: Sample) -> Iterator[Candidate]:
    """The readings of the rows that fit the model, the likeliest first; none where no columns do."""
    names = [str(name) for name in getattr(estimator, "feature_names_in_", [])]
    if names and sample.named:
        yield from _by_name(estimator, sample, names)
    else:
        yield from _by_place(estimator, sample)


def _by_name(estimator: Any, sample: Sample, names: Sequence[str]) -> Iterator[Candidate]:
    """A model's names that the file lacks may be those that pandas.get_dummies makes; else the training made them."""
    import pandas as pd

    table = sample.table.set_axis([str(name) for name in sample.table.columns], axis=1)
    wide = table
    if not set(names) <= set(table.columns) and _texts(table).shape[1]:
        wide = table.join(pd.get_dummies(_texts(table), dtype=float))
    if not set(names) <= set(wide.columns):
        return
    made_of = [name for name in table.columns if any(taken.startswith(f"{name}_") for taken in names)]
    left = [name for name in table.columns if name not in names and not (wide is not table and name in made_of)]
    features = wide[list(names)]
    for target, likely in _targets(estimator, table[left], _outputs(estimator, features.head(1))):
        yield from _candidate(features, table[target], sample.name, likely)


def _by_place(estimator: Any, sample: Sample) -> Iterator[Candidate]:
    """All columns but the target, or all numbers, with or without what only numbers the rows."""
    table, width = sample.table, getattr(estimator, "n_features_in_", None)
    if width is None:
        return
    outputs = _outputs(estimator, np.zeros((1, width)))
    without = table.drop(columns=[name for name in table.columns if _counts_rows(table[name])])
    tried: list[list[Any]] = []
    for among in (table, without, _numbers(table), _numbers(without)):
        if list(among.columns) in tried:
            continue
        tried.append(list(among.columns))
        if among.shape[1] == width + outputs:
            for target, likely in _targets(estimator, among, outputs):
                yield from _candidate(among.drop(columns=target), table[target], sample.name, likely)
        texts = _texts(without)
        if among.shape[1] == width and _numbers(among).shape[1] == width:  # the target is a text
            for target, likely in _targets(estimator, texts, outputs):
                yield from _candidate(among, table[target], sample.name, likely)


def _candidate(features: pd.DataFrame, target: pd.DataFrame, file: str, likely: bool) -> Iterator[Candidate]:
    """Of whole rows, where there are enough: many models take no others."""
    known = target.notna().all(axis=1)
    whole = known & features.notna().all(axis=1)
    rows = whole if whole.sum() >= FEWEST_ROWS else known
    if rows.any() and (target[rows].nunique() > 1).all():
        yield Candidate(features[rows], target[rows], file, likely)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    return table.select_dtypes(["number", "bool"])


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    return table.select_dtypes(exclude=["number", "bool"])


def _outputs(estimator: Any, row: Any) -> int:
    """How many numbers the model answers a row with; 1 where it doesn't take this one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = np.asarray(estimator.predict(row))
    except Exception:  # noqa: BLE001 - the estimator is the user's, and may raise anything
        return 1
    return answer.shape[1] if answer.ndim == 2 else 1


def _counts_rows(column: pd.Series[Any]) -> bool:
    if str(column.name).lower() in ROW_NAMES or str(column.name).lower().endswith(("_id", " id")):
        return True
    whole = column.dtype.kind in "iu"
    return bool(whole and len(column) >= FEWEST_ROWS and column.is_unique and column.is_monotonic_increasing)


def _targets(estimator: Any, table: pd.DataFrame, outputs: int) -> Iterator[tuple[list[Any], bool]]:
    """The columns that may be what is answered: those called so, the last, the first, then those that look like it."""
    names = [name for name in table.columns if str(name).lower() not in ROW_NAMES]
    if outputs > 1:
        ends = [names[-outputs:], names[:outputs]]
        yield from ((end, True) for index, end in enumerate(ends) if len(end) == outputs and end not in ends[:index])
        return
    called = [name for name in names if str(name).lower() in TARGET_NAMES]
    likely = list(dict.fromkeys([*called, *names[-1:], *names[:1]]))
    others = [name for name in names if name not in likely]
    if len(names) > MOST_CANDIDATES:
        others = [name for name in others if _looks(estimator, table[name])]
    yield from (([name], name in likely) for name in [*likely, *others][:MOST_CANDIDATES])


def _looks(estimator: Any, column: pd.Series[Any]) -> bool:
    """Whether a column has as many labels as a classifier, or the mean that a forest's trees start from."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    classes = getattr(last, "classes_", None)
    if classes is not None:
        return 1 < column.nunique() <= len(classes)
    if column.dtype.kind not in "iuf":
        return False
    try:
        root = np.mean([tree.tree_.value[0].ravel()[0] for tree in np.ravel(getattr(last, "estimators_", [last]))])
    except AttributeError:
        return False
    return bool(abs(column.mean() - root) < column.std() / 4)
