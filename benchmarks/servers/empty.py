"""Flask and nothing else: the floor that gunicorn, Flask and the network set."""

from __future__ import annotations

from flask import Flask, Response

app = Flask(__name__)


@app.get("/ping")
def ping() -> str:
    """Ready."""
    return "ok"


@app.post("/invocations")
def invocations() -> Response:
    """A constant."""
    return Response("0.0\n", mimetype="text/csv")
