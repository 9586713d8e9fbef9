"""`bentoml serve` over the service class in inside/bentoml_service.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import PORT, Contender


def contender(binaries: Path, folder: Path, _columns: Sequence[str]) -> Contender:
    """Rows as JSON; its home is beside the model, so that nothing is left in the user's."""
    here = Path(__file__).with_name("inside")
    return Contender(
        key="bentoml",
        title="BentoML",
        command=(
            *(str(binaries / "bentoml"), "serve", "bentoml_service:Forest", "--working-dir", str(here)),
            *("--host", "127.0.0.1", "--port", PORT),
        ),
        environment={
            "MODEL_FILE": str(folder / "bare" / "model" / "model.joblib"),
            "BENTOML_HOME": str(folder / "bentoml"),
            "BENTOML_DO_NOT_TRACK": "True",
            "PATH": f"{binaries}:/usr/local/bin:/usr/bin:/bin",
        },
        path="/predict",
        content_type="application/json",
        ping="/readyz",
        encode=lambda lines: ('{"rows":[[' + "],[".join(lines) + "]]}").encode(),
        parse=lambda body: list(json.loads(body)),
    )
