"""pandas in and out."""

import io

import pandas as pd


def input_fn(body, content_type):
    return pd.read_csv(io.StringIO(body))


def output_fn(prediction, accept):
    return pd.DataFrame({"row": range(len(prediction)), "price": prediction})
