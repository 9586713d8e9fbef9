"""Says how batch transform should send."""


def execution_parameters_fn():
    return {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 1}
