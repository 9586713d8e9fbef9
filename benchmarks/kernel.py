"""The kernel against RandomForestRegressor.predict in one process: medians, ratios, load time, bytes.

    OMP_NUM_THREADS=1 taskset -c 1 python benchmarks/kernel.py [cal_housing.csv] [--trees N]

Rounds are interleaved, rows distinct and shuffled, every answer compared bit for bit.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from container.forest.flatten import flatten
from container.forest.kernel import BEST
from container.forest.layout import read, write
from container.forest.model import ForestModel

TABLE = Path(__file__).parents[2] / "shared" / "data" / "cal_housing.csv"
ROUNDS = {1: (20, 50), 100: (10, 5), 10_000: (7, 1)}
"""Rows in a batch: how many rounds, and how many batches in a row."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="?", type=Path, default=TABLE)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--json", type=Path, help="write the medians, in seconds, there too")
    options = parser.parse_args()
    estimator, rows = grow(options.table, options.trees)
    with tempfile.TemporaryDirectory() as name:
        forest = measure_files(estimator, Path(name))
    predictors = {"scikit-learn": estimator.predict, "numpy": ForestModel(forest, kernel="numpy").predict}
    if BEST == "native":
        predictors["native"] = ForestModel(forest).predict
    medians = {n_rows: measure(predictors, rows, n_rows) for n_rows in ROUNDS}
    if options.json:
        options.json.write_text(json.dumps(medians))


def grow(path: Path, trees: int) -> tuple[Any, np.ndarray]:
    """The forest of 80 % of the table, and 10,000 distinct rows: the rest, and the rest moved a little."""
    random = np.random.default_rng(0)
    table = random.permutation(np.loadtxt(path, delimiter=",", skiprows=1))
    rows, target = table[:, :-1], table[:, -1]
    train = len(rows) * 4 // 5
    estimator = RandomForestRegressor(trees, random_state=0, n_jobs=-1).fit(rows[:train], target[:train])
    estimator.n_jobs = 1
    held_out = rows[train:]
    moved = [held_out * (1 + 1e-3 * random.standard_normal(held_out.shape)) for _ in range(2)]
    return estimator, random.permutation(np.concatenate([held_out, *moved])[:10_000])


def measure_files(estimator: Any, directory: Path) -> Any:
    """Write, read and weigh the forest; what is mapped outlives the directory."""
    forest = flatten(estimator)
    write(forest, directory)
    load = [timed(read, directory)[0] for _ in range(7)]
    raw = sum(file.stat().st_size for file in directory.iterdir())
    zipped = sum(len(gzip.compress(file.read_bytes(), 6)) for file in directory.iterdir())
    pickled = len(gzip.compress(pickle.dumps(estimator), 6))
    say(f"{forest.n_trees} trees, {len(forest.nodes):,} nodes, {len(forest.values):,} distinct leaves")
    say(f"read, checks included: {statistics.median(load) * 1e3:.1f} ms")
    say(f"{raw / 1e6:.1f} MB, gzipped {zipped / 1e6:.2f} MB: {zipped / pickled:.2f} x the gzipped pickle's")
    return read(directory)


def timed(call: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds, and what was returned."""
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def measure(predictors: dict[str, Callable[[Any], Any]], rows: np.ndarray, n_rows: int) -> dict[str, float]:
    """Take turns over streaks of batches of `n_rows` distinct rows; returns median seconds.

    A streak long enough that each predictor meets its own trees in the cache, not what the other left there.
    """
    rounds, streak = ROUNDS[n_rows]
    seconds: dict[str, list[float]] = {name: [] for name in predictors}
    for round_ in range(rounds):
        starts = [(round_ * streak + i) * n_rows % (len(rows) - n_rows + 1) for i in range(streak)]
        batches = [rows[start : start + n_rows].copy() for start in starts]
        expected = [predictors["scikit-learn"](batch) for batch in batches]
        for name, predict in predictors.items():
            for batch, right in zip(batches, expected, strict=True):
                elapsed, answer = timed(predict, batch)
                seconds[name].append(elapsed)
                if not np.array_equal(answer, right):
                    raise SystemExit(f"{name} differs from scikit-learn")
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    base = medians["scikit-learn"]
    figures = [f"{name} {median * 1e6:,.0f} us ({base / median:.1f} x)" for name, median in medians.items()]
    say(f"{n_rows:>6,} rows: " + ", ".join(figures))
    return medians


def say(line: str) -> None:
    """Print, as soon as it is known."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
