"""The imports of AWS's inference toolkit."""

from sagemaker_inference import content_types, decoder, encoder, errors


def input_fn(body, content_type):
    return decoder.decode(body, content_type)


def output_fn(prediction, accept):
    if accept not in (content_types.JSON, content_types.CSV, content_types.NPY):
        raise errors.UnsupportedFormatError(accept)
    return encoder.encode(prediction, accept)
