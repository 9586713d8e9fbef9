"""LitServe: a class with setup, decode, predict and encode, in inside/litserve_server.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import PORT, Contender


def contender(binaries: Path, folder: Path, _columns: Sequence[str]) -> Contender:
    """Rows as JSON; numbers in CSV are numbers in JSON."""
    return Contender(
        key="litserve",
        title="LitServe",
        command=(str(binaries / "python"), str(Path(__file__).with_name("inside") / "litserve_server.py"), PORT),
        environment={"MODEL_FILE": str(folder / "bare" / "model" / "model.joblib")},
        path="/predict",
        content_type="application/json",
        ping="/health",
        encode=lambda lines: ('{"rows":[[' + "],[".join(lines) + "]]}").encode(),
        parse=lambda body: list(json.loads(body)["predictions"]),
    )
