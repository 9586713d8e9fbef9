"""SageMaker's SDK v3 as people use it, in its own environment: NAME IMAGE MODEL-URL CSV → the answers."""

import io
import json
import sys

import numpy as np
from sagemaker.core.inference_config import ServerlessInferenceConfig
from sagemaker.core.resources import EndpointConfig
from sagemaker.serve import ModelBuilder

name, image, model_url, rows = sys.argv[1:]
role = "arn:aws:iam::123456789012:role/coppice-execution"
builder = ModelBuilder(image_uri=image, s3_model_data_url=model_url, role_arn=role)
model = builder.build(model_name=name)
endpoint = builder.deploy(
    endpoint_name=name, inference_config=ServerlessInferenceConfig(memory_size_in_mb=1024, max_concurrency=2)
)
answer = endpoint.invoke(body=rows, content_type="text/csv", accept="application/json")
predictions = json.loads(answer.body.read())


def invoke(body, content_type):
    """The predictions for a body of another type: they are the same."""
    answer = endpoint.invoke(body=body, content_type=content_type, accept="application/json")
    return json.loads(answer.body.read())


header, *lines = rows.strip().splitlines()
table = [[float(cell) for cell in line.split(",")] for line in lines]
npy = io.BytesIO()
np.save(npy, np.array(table))
assert invoke(json.dumps(table), "application/json") == predictions
assert invoke("\n".join(json.dumps(row) for row in table), "application/jsonlines") == predictions
assert invoke(npy.getvalue(), "application/x-npy") == predictions
assert invoke(rows, "application/octet-stream") == predictions
config = endpoint.endpoint_config_name or name
endpoint.delete()
endpoint.wait_for_delete()
EndpointConfig.get(config).delete()
model.delete()
print(f"\nANSWER {predictions}")
