"""Only writes the answer, as text."""


def output_fn(prediction, accept):
    return ";".join(f"{value:.1f}" for value in prediction), "text/x-semicolons"
