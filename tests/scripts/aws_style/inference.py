"""The imports and the Response of AWS's own samples."""

import json

from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker  # noqa: F401


def input_fn(input_data, content_type):
    if content_type == content_types.JSON:
        return encoders.decode(input_data, content_type)
    raise ValueError("{} not supported by script!".format(content_type))


def output_fn(prediction, accept):
    if accept == "application/json":
        instances = [{"features": value} for value in prediction.tolist()]
        return worker.Response(json.dumps({"instances": instances}), mimetype=accept)
    if accept == "text/csv":
        return worker.Response(encoders.encode(prediction, accept), mimetype=accept)
    raise RuntimeError("{} accept type is not supported by this script.".format(accept))
