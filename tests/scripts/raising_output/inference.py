"""Raises in output_fn."""


def output_fn(prediction, accept):
    secret = "s3cr3t"
    raise RuntimeError(f"the password is {secret}")
