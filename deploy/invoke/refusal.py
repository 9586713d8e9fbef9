"""The container's own errors, shown as they were meant: its message, its hint and where its log is."""

from __future__ import annotations

import json
from typing import Any

from container import contract
from deploy.aws.invocation import ContainerSaidNo
from deploy.endpoint.console import of_logs
from deploy.errors import ModelFailed


def explain(error: ContainerSaidNo, logs: str) -> ModelFailed:
    """What to tell people. `logs` is the command that shows the container's log."""
    ours = _ours(error.said)
    if ours:
        message, hint = str(ours.get("message") or error.said), str(ours.get("hint") or "")
        request = ours.get("request_id")
        said = f"{message} ({ours.get('code', 'error')}, HTTP {error.status})"
        lines = [hint, f"request id {request}" if request else ""]
    elif error.status == 0 or "timed out" in error.said:
        said = f"The container didn't answer in time: {error.said}"
        lines = [
            f"A call has {contract.INVOCATION_TIMEOUT_SECONDS} s. Send fewer rows at a time, give it more memory (and "
            "with it CPU), or use coppice batch or an asynchronous endpoint: coppice deploy --async s3://…"
        ]
    else:
        said, lines = f"The container answered HTTP {error.status}: {error.said or 'nothing'}", []
    if "insufficient memory" in error.said.lower():
        lines.append("The container ran out of memory. Give it more: coppice deploy --memory 3072 (up to 6144)")
    link = of_logs(error.log_stream)
    return ModelFailed(said, "\n".join(filter(None, [*lines, f"log: {logs}", link])))


def _ours(said: str) -> dict[str, Any] | None:
    try:
        document = json.loads(said)
    except ValueError:
        return None
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) and "message" in error else None
