"""A model in two files, and labels in a third."""

import json
import os

import joblib


def model_fn(model_dir):
    with open(os.path.join(model_dir, "labels.json")) as file:
        labels = json.load(file)
    return (
        joblib.load(os.path.join(model_dir, "scaler.joblib")),
        joblib.load(os.path.join(model_dir, "forest.joblib")),
        labels,
    )


def predict_fn(data, model):
    scaler, forest, labels = model
    return [labels[int(value > 0.5)] for value in forest.predict(scaler.transform(data))]
