"""Answers whatever comes, nothing too, with a status of its own."""


def transform_fn(model, body, content_type, accept, context):
    context.set_response_status(207)
    return f"{len(body)} bytes", "text/plain"
