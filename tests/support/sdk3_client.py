"""SageMaker's SDK v3 as people use it, in its own environment: NAME IMAGE MODEL-URL CSV → the answers."""

import json
import sys

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
config = endpoint.endpoint_config_name or name
endpoint.delete()
endpoint.wait_for_delete()
EndpointConfig.get(config).delete()
model.delete()
print(f"\nANSWER {predictions}")
