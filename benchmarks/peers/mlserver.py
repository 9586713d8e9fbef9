"""MLServer with its scikit-learn runtime, spoken to in the V2 inference protocol."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import PORT, Contender


def contender(binaries: Path, folder: Path, _columns: Sequence[str]) -> Contender:
    """Writes the two settings files that `mlserver start` reads; no parallel workers, so that there is one process."""
    place = folder / "mlserver"
    place.mkdir(exist_ok=True)
    model = {
        "name": "forest",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(folder / "bare" / "model" / "model.joblib")},
    }
    (place / "model-settings.json").write_text(json.dumps(model))
    settings = {"host": "127.0.0.1", "parallel_workers": 0, "grpc_port": 0, "metrics_endpoint": None}
    (place / "settings.json").write_text(json.dumps(settings))
    return Contender(
        key="mlserver",
        title="MLServer",
        command=(str(binaries / "mlserver"), "start", str(place)),
        environment={"MLSERVER_HTTP_PORT": PORT},
        path="/v2/models/forest/infer",
        content_type="application/json",
        ping="/v2/health/ready",
        encode=_encode,
        parse=lambda body: list(json.loads(body)["outputs"][0]["data"]),
    )


def _encode(lines: Sequence[str]) -> bytes:
    width = lines[0].count(",") + 1
    head = f'{{"inputs":[{{"name":"predict","datatype":"FP64","shape":[{len(lines)},{width}],"data":['
    return (head + ",".join(lines) + "]}]}").encode()
