"""Raises in input_fn."""


def input_fn(body, content_type):
    secret = "s3cr3t"
    raise RuntimeError(f"the password is {secret}")
