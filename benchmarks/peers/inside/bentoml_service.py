"""Runs in BentoML's environment: the joblib behind one service, one worker."""

# No `from __future__ import annotations`: BentoML reads the types.
import os

import bentoml
import joblib
import pandas as pd


@bentoml.service(workers=1)
class Forest:
    """JSON rows in, JSON predictions out."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL_FILE"])
        self.columns = list(self.model.feature_names_in_)

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(self, rows: list[list[float]]) -> list[float]:
        """What scikit-learn says."""
        return list(map(float, self.model.predict(pd.DataFrame(rows, columns=self.columns))))
