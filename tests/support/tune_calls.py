"""A model that needs more than 1024 MB, and a thousand calls to it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import joblib
import numpy as np
from sklearn.ensemble import RandomForestRegressor

from container.packing.pack import Code, pack

HEAVY: Final = """
ballast = bytearray(1100 << 20)
ballast[::4096] = b"x" * (len(ballast) // 4096)

def predict_fn(rows, model):
    return model.predict(rows)
"""
"""All of it is in use."""

CALLS: Final = """
import sys
from pathlib import Path
import boto3
runtime, body = boto3.client("sagemaker-runtime"), Path(sys.argv[2]).read_bytes()
answers = [
    runtime.invoke_endpoint(EndpointName=sys.argv[1], ContentType="text/csv", Body=body)["Body"].read()
    for _ in range(1000)
]
assert len(set(answers)) == 1, set(answers)
print(len(answers), "answers")
"""
"""Given an endpoint and a file, all of them have to have the same answer."""


def write_models(folder: Path) -> Path:
    """Into `folder`: model.tar.gz of a small forest, heavy.tar.gz of the same behind the script, rows.csv for both."""
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(3)
    joblib.dump(RandomForestRegressor(n_estimators=5, random_state=0).fit(rows, rows[:, 0]), folder / "model.joblib")
    np.savetxt(folder / "rows.csv", rows[:3], delimiter=",")
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text(HEAVY)
    pack(folder / "model.joblib", folder / "model.tar.gz", folder / "rows.csv")
    pack(folder / "model.joblib", folder / "heavy.tar.gz", folder / "rows.csv", given=Code(folder / "code"))
    return folder
