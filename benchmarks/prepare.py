"""Data, estimator and artifacts, made once and kept under build/bench: the only part that needs scikit-learn.

    python -m benchmarks.prepare FOLDER [--trees N]

Writes to FOLDER: bare/model/model.joblib, packed/model/ (the artifact, unpacked as SageMaker does), rows.json and
facts.json. Training is repeated when the data, the number of trees or scikit-learn changes; packing when Coppice does.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
import sklearn
from sklearn.ensemble import RandomForestRegressor

from container.artifact import archive
from container.packing.pack import pack

ROOT = Path(__file__).parents[1]
TABLE = ROOT.parent / "shared" / "data" / "cal_housing.csv"
TEST_SHARE = 0.2
ROWS_KEPT = 20_000
SMALL = 200
"""Trees up to which the joblib is gzipped too, for its size: ten times as many would take minutes."""


def main() -> None:
    """Make what isn't there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trees", type=int, default=100)
    options = parser.parse_args()
    prepare(options.folder, options.trees)


def prepare(folder: Path, trees: int) -> None:
    """Everything in `folder` for a forest of `trees`."""
    data, table = read_table()
    content = hashlib.sha256(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes()).hexdigest()
    facts = read_facts(folder)
    trained = f"{trees} {content} {sklearn.__version__}"
    if facts.get("trained") != trained:
        shutil.rmtree(folder, ignore_errors=True)
        facts = {"trained": trained, "data": data, "trees": trees, **train(folder, table, trees)}
        write_facts(folder, facts)
    packed = hash_of_sources()
    if facts.get("packed") != packed:
        facts |= {"packed": packed, "artifact_bytes": write_artifact(folder, table)}
        write_facts(folder, facts)


def read_table() -> tuple[str, pd.DataFrame]:
    """What the data is, and the data, without repeated rows, in an order of its own; the last column is the target."""
    if TABLE.exists():
        name, table = "California Housing (StatLib)", pd.read_csv(TABLE)
    else:
        name, table = fetch_or_invent()
    table = table.drop_duplicates(subset=list(table.columns[:-1]))
    return name, table.iloc[np.random.default_rng(0).permutation(len(table))].reset_index(drop=True)


def fetch_or_invent() -> tuple[str, pd.DataFrame]:
    """scikit-learn's copy from the network, or, without one, made-up numbers in the same shape."""
    from sklearn.datasets import fetch_california_housing

    try:
        return "California Housing (scikit-learn's copy)", fetch_california_housing(as_frame=True).frame
    except OSError:
        random = np.random.default_rng(0)
        table = pd.DataFrame(
            random.gamma(2, 2, (20_640, 8)).round(4), columns=[f"feature_{index}" for index in range(8)]
        )
        target = table.feature_0 * table.feature_1 + table.feature_2 + random.normal(0, 1, len(table))
        return "made-up numbers in California Housing's shape", table.assign(target=target.round(5))


def train(folder: Path, table: pd.DataFrame, trees: int) -> dict[str, Any]:
    """Fit, keep the joblib and the rows with their answers, and weigh."""
    test = int(len(table) * TEST_SHARE)
    features, target = table.iloc[:, :-1], table.iloc[:, -1]
    estimator = RandomForestRegressor(trees, random_state=0, n_jobs=-1).fit(features.iloc[test:], target.iloc[test:])
    estimator.n_jobs = 1
    model = folder / "bare" / "model" / "model.joblib"
    model.parent.mkdir(parents=True)
    joblib.dump(estimator, model)
    kept = features.iloc[:ROWS_KEPT]
    write_rows(folder, kept, estimator.predict(kept), test)
    return {
        "nodes": sum(tree.tree_.node_count for tree in estimator.estimators_),
        "columns": list(features.columns),
        "joblib_bytes": model.stat().st_size,
        "joblib_gz_bytes": len(gzip.compress(model.read_bytes(), 6)) if trees <= SMALL else None,
    }


def write_rows(folder: Path, rows: pd.DataFrame, answers: npt.NDArray[np.float64], test: int) -> None:
    """Rows as CSV lines with the estimator's answers; the first `test` of them it has never seen."""
    lines = rows.to_csv(header=False, index=False).splitlines()
    (folder / "rows.json").write_text(json.dumps({"test": test, "lines": lines, "answers": answers.tolist()}))


def write_artifact(folder: Path, table: pd.DataFrame) -> int:
    """Pack without the joblib, unpack as SageMaker does, and return the archive's bytes."""
    sample = folder / "sample.csv"
    table.iloc[:10, :-1].to_csv(sample, index=False)
    packed = folder / "model.tar.gz"
    pack(folder / "bare" / "model", packed, sample, keep_source=False)
    directory = folder / "packed" / "model"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    archive.extract(packed, directory)
    return packed.stat().st_size


def hash_of_sources() -> str:
    """What an artifact depends on: the code that packs it."""
    digest = hashlib.sha256()
    for package in ("artifact", "forest", "packing"):
        for path in sorted((ROOT / "container" / package).glob("*.[pch]*")):
            digest.update(path.read_bytes() if path.suffix in (".py", ".c", ".h") else b"")
    return digest.hexdigest()


def read_facts(folder: Path) -> dict[str, Any]:
    """What was made before; nothing if it was never finished."""
    path = folder / "facts.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write_facts(folder: Path, facts: dict[str, Any]) -> None:
    """Written last, so that what it tells of is there."""
    (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
