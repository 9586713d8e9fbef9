"""Says itself what status a request deserves."""

import json


class TooManyRows(Exception):
    status_code = 413


def input_fn(body, content_type):
    rows = json.loads(body)
    if len(rows) > 2:
        raise TooManyRows("at most 2 rows")
    return rows
