"""Returns the body together with its media type."""


def output_fn(prediction, accept):
    return b"<n>%d</n>" % len(prediction), "application/xml"
