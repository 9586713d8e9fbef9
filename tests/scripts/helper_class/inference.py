"""The pickle needs a class of the module beside it."""

import os

import joblib


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def output_fn(prediction, accept):
    from doubling import NAME

    return {"model": NAME, "prediction": prediction.tolist()}
