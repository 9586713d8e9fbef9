"""The shape of most scripts: all four, in CSV and JSON."""

import io
import json
import os

import joblib
import pandas as pd


def model_fn(model_dir):
    model = joblib.load(os.path.join(model_dir, "model.joblib"))
    print("model loaded by the script")
    return model


def input_fn(input_data, content_type):
    if content_type == "text/csv":
        return pd.read_csv(io.StringIO(input_data), header=None).to_numpy()
    if content_type == "application/json":
        return pd.DataFrame(json.loads(input_data)).to_numpy()
    raise ValueError(f"{content_type} not supported by script!")


def predict_fn(input_data, model):
    return model.predict(input_data)


def output_fn(prediction, accept):
    if accept == "text/csv":
        return "\n".join(str(value) for value in prediction)
    return json.dumps({"result": prediction.tolist()})
