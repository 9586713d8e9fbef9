"""output_fn lacks an argument."""


def output_fn(prediction):
    return str(prediction)
