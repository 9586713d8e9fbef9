"""Takes its time."""

import time

time.sleep(2)


def predict_fn(data, model):
    return model.predict(data)
