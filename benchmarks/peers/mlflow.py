"""`mlflow models serve`; the model is logged once, in MLflow's environment, by inside/mlflow_save.py."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import PORT, Contender


def contender(binaries: Path, folder: Path, columns: Sequence[str]) -> Contender:
    """Rows as a split data frame."""
    place = folder / "mlflow"
    if not (place / "MLmodel").exists():
        save = Path(__file__).with_name("inside") / "mlflow_save.py"
        command = [binaries / "python", save, folder / "bare" / "model" / "model.joblib", place]
        subprocess.run(command, check=True, capture_output=True, text=True)
    head = '{"dataframe_split":{"columns":' + json.dumps(list(columns)) + ',"data":[['
    serve = ("models", "serve", "--model-uri", str(place), "--env-manager", "local", "--host", "127.0.0.1")
    return Contender(
        key="mlflow",
        title="MLflow",
        command=(str(binaries / "mlflow"), *serve, "--port", PORT, "--workers", "1"),
        environment={"PATH": f"{binaries}:/usr/local/bin:/usr/bin:/bin"},
        content_type="application/json",
        encode=lambda lines: (head + "],[".join(lines) + "]]}}").encode(),
        parse=lambda body: list(json.loads(body)["predictions"]),
    )
