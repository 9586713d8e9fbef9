"""A training job with a user's script: its folders, what it said, and the trained artifact's answers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from container.artifact.manifest import Manifest
from container.server import wsgi
from container.settings import Settings
from container.training.program import do_job

SCRIPTS = Path(__file__).parents[1] / "scripts_training"
TABLE = pd.DataFrame({"rooms": np.arange(200) * 10.0 + 500, "age": np.arange(200) % 37.0}).assign(
    price=lambda table: table.rooms * 3 + table.age
)


class ScriptJob:
    """A job's folders; what was said, on stdout by us and in `log` by the program."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.log: list[str] = []
        (base / "input/config").mkdir(parents=True)
        (base / "input/data/train").mkdir(parents=True)
        TABLE.to_csv(base / "input/data/train/train.csv", index=False)

    def configure(self, **hyperparameters: str) -> ScriptJob:
        (self.base / "input/config/hyperparameters.json").write_text(json.dumps(hyperparameters))
        return self

    def script(self, text: str) -> ScriptJob:
        folder = self.base / "code"
        folder.mkdir(exist_ok=True)
        (folder / "train.py").write_text(text)
        return self.configure(sagemaker_program="train.py", sagemaker_submit_directory=str(folder))

    def run(self, **environment: str) -> int:
        return do_job({**os.environ, "SAGEMAKER_BASE_DIR": str(self.base), **environment}, self.log.append)

    @property
    def failure(self) -> str:
        return (self.base / "output/failure").read_text()

    @property
    def manifest(self) -> Manifest:
        return Manifest.from_json((self.base / "model/manifest.json").read_text())

    def told(self) -> Any:
        return json.loads((self.base / "output/data/told.json").read_text())

    def ask(self, body: str, content_type: str) -> bytes:
        """The trained artifact, served."""
        path, modules = list(sys.path), set(sys.modules)
        try:
            service, app = wsgi.compose(Settings(timeout=5))
            service.load(lambda: wsgi.load_pipeline(self.base / "model", Settings(timeout=5)))
            answer = app.test_client().post("/invocations", data=body, content_type=content_type)
            assert answer.status_code == 200, answer.data
            return answer.data
        finally:
            sys.path[:] = path
            for name in set(sys.modules) - modules:
                if str(self.base) in str(getattr(sys.modules[name], "__file__", "")):
                    del sys.modules[name]


def named(program: str, where: Path | str = SCRIPTS) -> dict[str, str]:
    """As SageMaker's SDK sends it: JSON in texts."""
    return {"sagemaker_program": json.dumps(program), "sagemaker_submit_directory": json.dumps(str(where))}
