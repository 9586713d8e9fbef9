"""Every request has an id; every invocation leaves one line with it, and a metric line where that is asked for."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, g, request

from container import contract, logs
from container.inference.pipeline import Timings
from container.settings import Settings

logger = logging.getLogger(logs.ROOT)

_ID: Final = re.compile(rf"[\x20-\x7e]{{1,{contract.INFERENCE_ID_CHARS}}}")


def register(app: Flask, settings: Settings, model_id: Callable[[], str]) -> None:
    """Give requests their id and log invocations when they are answered; metrics are grouped by `model_id`."""

    @app.before_request
    def start() -> None:
        came = request.headers.get(contract.INFERENCE_ID_HEADER, "").strip()
        g.request_id = came if _ID.fullmatch(came) else uuid.uuid4().hex
        g.timings = Timings()

    @app.after_request
    def finish(response: Response) -> Response:
        if request.path == contract.INVOCATIONS_PATH:
            timings: Timings = g.timings
            timings.finish()
            logs.event(
                logger,
                "invocation",
                request_id=g.request_id,
                status=response.status_code,
                rows=timings.rows,
                milliseconds=timings.milliseconds,
            )
            if settings.metrics == "emf":
                metrics = {
                    "Latency": (timings.milliseconds["total"], "Milliseconds"),
                    "Rows": (timings.rows, "Count"),
                    "Errors": (int(response.status_code >= 400), "Count"),
                }
                properties = {"request_id": g.request_id, "status": response.status_code}
                sys.stdout.write(logs.embedded_metric(metrics, {"Model": model_id()}, properties, time.time()) + "\n")
                sys.stdout.flush()
        return response
