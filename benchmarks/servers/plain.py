"""The server one writes without Coppice: Flask, pandas and scikit-learn, the model loaded once, before serving."""

from __future__ import annotations

import io
import os

import joblib
import pandas as pd
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
model = joblib.load(os.environ["MODEL_FILE"])
FEATURES = list(model.feature_names_in_)


@app.get("/ping")
def ping() -> str:
    """Ready: the model was loaded when this file was imported."""
    return "ok"


@app.post("/invocations")
def invocations() -> Response | tuple[str, int]:
    """CSV in, CSV out; JSON rows in, JSON out."""
    if request.mimetype == "text/csv":
        table = pd.read_csv(io.BytesIO(request.get_data(cache=False)), header=None, names=FEATURES)
        return Response("\n".join(map(repr, model.predict(table).tolist())) + "\n", mimetype="text/csv")
    if request.mimetype == "application/json":
        table = pd.DataFrame(request.get_json()["instances"], columns=FEATURES)
        return jsonify(predictions=model.predict(table).tolist())
    return "text/csv or application/json\n", 415
