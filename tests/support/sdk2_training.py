"""SageMaker's SDK v2 as people use it with a script: IMAGE SOURCE-FOLDER DATA-ADDRESS ROWS-AS-JSON → the answer."""

import json
import sys

import boto3
import sagemaker
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.serializers import JSONSerializer
from sagemaker.serverless import ServerlessInferenceConfig

image, source, data, rows = sys.argv[1:]
estimator = Estimator(
    image_uri=image,
    entry_point="train.py",
    source_dir=source,
    role="arn:aws:iam::123456789012:role/coppice-execution",
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"estimators": 5},
    metric_definitions=[{"Name": "r2", "Regex": "validation:r2=([0-9.]+)"}],
    output_path="s3://training/out",
    code_location="s3://training/code",
    sagemaker_session=sagemaker.Session(boto3.Session(), default_bucket="training"),
)
estimator.fit({"train": data})
predictor = estimator.deploy(
    endpoint_name="sdk2-script",
    serverless_inference_config=ServerlessInferenceConfig(memory_size_in_mb=1024, max_concurrency=1),
    serializer=JSONSerializer(),
    deserializer=JSONDeserializer(),
)
answer = predictor.predict(json.loads(rows))
predictor.delete_endpoint()
print(f"\nANSWER {json.dumps({'model': estimator.model_data, 'answer': answer})}")
