"""Raises in transform_fn, and tries to end the server."""

import sys


def transform_fn(model, body, content_type, accept):
    sys.exit(3)
