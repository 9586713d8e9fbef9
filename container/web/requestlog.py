"""Every request has an id; every invocation leaves one line with it, and a metric line where that is asked for."""

from __future__ import annotations

import re
import time
import uuid
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from flask import Response, g, request

from container import contract, logs
from container.inference.pipeline import Timings
from container.settings import Settings

_ID_KEY: Final = "HTTP_" + contract.INFERENCE_ID_HEADER.upper().replace("-", "_")
_ID: Final = re.compile(rf"[\x20-\x7e]{{1,{contract.INFERENCE_ID_CHARS}}}")


KEPT_CALLS: Final = 20
"""How many of the last invocations the page shows."""


class Call(NamedTuple):
    """One invocation, for the page: when it was answered (seconds since 1970), and how."""

    at: float
    request_id: str
    status: int
    rows: int
    milliseconds: float


class RequestLog:
    """What happens before and after every request. `model_id` groups the metrics; `calls`, where the page is on, gets
    the last ones."""

    def __init__(self, settings: Settings, model_id: Callable[[], str], calls: deque[Call] | None = None) -> None:
        self._calls = calls
        self._with_metrics = settings.metrics == "emf"
        self._model_id = model_id

    def begin(self) -> None:
        """Give the request its id: the caller's, where there is a sound one."""
        came = request.environ.get(_ID_KEY, "").strip()
        g.request_id = came if _ID.fullmatch(came) else uuid.uuid4().hex
        g.timings = Timings()

    def finish(self, response: Response) -> Response:
        """See that an invocation is logged, once its answer is on its way: the caller needn't wait for that."""
        if request.path == contract.INVOCATIONS_PATH:
            g.timings.finish()
            response.call_on_close(partial(self._log, g.request_id, response.status_code, g.timings))
        return response

    def _log(self, request_id: str, status: int, timings: Timings) -> None:
        seen: dict[str, Any] = {"request_id": request_id, "status": status}
        logs.event("invocation", **seen, rows=timings.rows, milliseconds=timings.milliseconds)
        if self._calls is not None:
            self._calls.append(Call(time.time(), request_id, status, timings.rows, timings.milliseconds["total"]))
        if self._with_metrics:
            metrics = {
                "Latency": (timings.milliseconds["total"], "Milliseconds"),
                "Rows": (timings.rows, "Count"),
                "Errors": (int(status >= 400), "Count"),
            }
            logs.write(logs.embedded_metric(metrics, {"Model": self._model_id()}, seen, time.time()))
