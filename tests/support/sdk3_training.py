"""SageMaker's SDK v3 as people use it with a script: IMAGE SOURCE-FOLDER DATA-ADDRESS → the artifact."""

import json
import sys

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig, SourceCode
from sagemaker.train import ModelTrainer

image, source, data = sys.argv[1:]
trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir=source, entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10),
    hyperparameters={"estimators": 5},
    output_data_config=OutputDataConfig(s3_output_path="s3://training/out"),
    base_job_name="sdk3-script",
    role="arn:aws:iam::123456789012:role/coppice-execution",
    sagemaker_session=Session(default_bucket="training"),
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=data)], wait=True, logs=True)
job = trainer._latest_training_job
print(f"\nANSWER {json.dumps({'model': job.model_artifacts.s3_model_artifacts, 'job': job.training_job_name})}")
