"""Every row of California Housing, and the edges of a whole forest grown on it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from container.forest.check import differences, edge_rows
from container.forest.flatten import flatten
from container.forest.kernel import BEST
from container.forest.layout import read, write
from container.forest.model import ForestModel

# Not ours to ship: beside the repository where there is a copy.
TABLE = Path(__file__).parents[4] / "shared" / "data" / "cal_housing.csv"


@pytest.mark.skipif(not TABLE.exists(), reason=f"{TABLE} isn't there")
def test_every_row_of_california_housing(tmp_path: Path) -> None:
    with TABLE.open(newline="") as file:
        header, *lines = csv.reader(file)
    table = np.random.default_rng(0).permutation(np.array(lines, dtype=np.float64))
    target = header.index("medianHouseValue")
    rows, values = np.delete(table, target, axis=1), table[:, target]
    # Grown on a tenth: what counts is how many rows are asked.
    forest = RandomForestRegressor(100, random_state=0, n_jobs=-1).fit(rows[::10], values[::10])
    write(flatten(forest), tmp_path)
    flat = read(tmp_path)
    asked = np.concatenate([rows, edge_rows(flat, rows[:200])])
    for kernel in ("native", "numpy") if BEST == "native" else ("numpy",):
        assert differences(forest, ForestModel(flat, threads=2, kernel=kernel), asked) is None
