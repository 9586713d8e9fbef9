"""Returns a dict with NumPy in it."""

import numpy as np


def predict_fn(data, model):
    values = model.predict(data)
    return {"values": values, "highest": values.max(), "order": np.argsort(values), "missing": float("nan")}
