"""Runs in LitServe's environment: the joblib behind its API, one worker, no batching."""

# No `from __future__ import annotations`: LitServe reads the types.
import os
import sys
from typing import Any

import joblib
import litserve
import pandas as pd


class Forest(litserve.LitAPI):  # type: ignore[misc]
    """JSON rows in, JSON predictions out."""

    def setup(self, device: str) -> None:  # noqa: ARG002
        """Load once."""
        self.model = joblib.load(os.environ["MODEL_FILE"])
        self.columns = list(self.model.feature_names_in_)

    def decode_request(self, request: dict[str, Any]) -> pd.DataFrame:
        """Rows to a table."""
        return pd.DataFrame(request["rows"], columns=self.columns)

    def predict(self, x: pd.DataFrame) -> Any:
        """What scikit-learn says."""
        return self.model.predict(x)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """Numbers."""
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Forest(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False)
