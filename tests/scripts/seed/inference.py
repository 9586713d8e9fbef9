"""The shape of the best-known example: one list under "Input", one whole number back."""

import json
import os

import joblib


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def input_fn(request_body, request_content_type):
    if request_content_type == "application/json":
        return json.loads(request_body)["Input"]
    else:
        raise ValueError("This model only supports application/json input")


def predict_fn(input_data, model):
    return model.predict(input_data)


def output_fn(prediction, content_type):
    return {"Output": int(prediction[0] * 1000)}
