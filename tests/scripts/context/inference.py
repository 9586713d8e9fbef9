"""Each hook asks for the context, each in its own way."""

import json


def input_fn(body, content_type, context):
    return {"rows": json.loads(body), "tenant": context.get_request_header(0, "X-Tenant")}


def predict_fn(data, model, context=None):
    return {"answers": model.predict(data["rows"]).tolist(), "tenant": data["tenant"]}


def output_fn(prediction, accept, *, context):
    context.set_response_content_type(0, "application/vnd.acme+json")
    context.set_response_status(201)
    context.set_response_header(0, "X-Tenant", prediction["tenant"])
    return json.dumps(prediction)
