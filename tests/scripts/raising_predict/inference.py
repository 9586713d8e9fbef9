"""Raises in predict_fn."""


def predict_fn(data, model):
    secret = "s3cr3t"
    raise RuntimeError(f"the password is {secret}")
