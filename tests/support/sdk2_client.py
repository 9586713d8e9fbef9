"""SageMaker's SDK v2 as people use it, in its own environment: NAME IMAGE MODEL-URL CSV → the answers."""

import sys

from sagemaker.deserializers import JSONDeserializer
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.serverless import ServerlessInferenceConfig

name, image, model_url, rows = sys.argv[1:]
model = Model(
    name=name,  # of an image by its digest the SDK would make a name that SageMaker refuses
    image_uri=image,
    model_data=model_url,
    role="arn:aws:iam::123456789012:role/coppice-execution",
    predictor_cls=Predictor,
)
predictor = model.deploy(
    endpoint_name=name,
    serverless_inference_config=ServerlessInferenceConfig(memory_size_in_mb=1024, max_concurrency=2),
    serializer=CSVSerializer(),
    deserializer=JSONDeserializer(),
)
answer = predictor.predict(rows)
predictor.delete_model()
predictor.delete_endpoint(delete_endpoint_config=True)
print(f"\nANSWER {answer}")
