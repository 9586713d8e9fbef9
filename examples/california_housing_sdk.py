"""California Housing with version 3 of SageMaker's Python SDK: the same calls on AWS and on your own machine.

    pip install 'sagemaker>=3' pandas scikit-learn
    coppice local up                              # in another terminal; not for AWS itself
    export AWS_ENDPOINT_URL=http://127.0.0.1:4599 # as `up` prints it; not for AWS itself
    python examples/california_housing_sdk.py

HOUSING names the table (cal_housing.csv); without it scikit-learn downloads it. IMAGE, ROLE and BUCKET replace the
names below. On AWS, `coppice push` puts the image there, and docs/iam.md makes the role.
"""

# %% [markdown]
# # The same with SageMaker's Python SDK, version 3
# `pip install 'sagemaker>=3'`. Its classes make the same calls as above, with shorter words.

# %%
import json
import os
import time

import boto3
import pandas as pd
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.inference_config import ServerlessInferenceConfig
from sagemaker.core.resources import Model, ModelPackageGroup, TransformJob
from sagemaker.core.shapes import (
    ContainerDefinition,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer

boto_session = boto3.Session()
region = boto_session.region_name
account = boto_session.client("sts").get_caller_identity()["Account"]
image = os.environ.get("IMAGE", f"{account}.dkr.ecr.{region}.amazonaws.com/coppice:latest")
role = os.environ.get("ROLE", f"arn:aws:iam::{account}:role/coppice-execution")
bucket = os.environ.get("BUCKET", f"sagemaker-{region}-{account}")
name = f"housing-sdk-{time.strftime('%Y%m%d-%H%M%S')}"

s3 = boto_session.client("s3")
if bucket not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
session = Session(boto_session, default_bucket=bucket)
print(f"{name} in {region}, with {image}")

# %% [markdown]
# ## The data, in S3


# %%
def housing() -> pd.DataFrame:
    """The table: 20,640 blocks of houses, eight columns and the median value."""
    if "HOUSING" in os.environ:
        return pd.read_csv(os.environ["HOUSING"])
    from sklearn.datasets import fetch_california_housing

    return fetch_california_housing(as_frame=True).frame


table = housing().sample(frac=1, random_state=0)
features, target = list(table.columns[:-1]), table.columns[-1]
s3.put_object(Bucket=bucket, Key=f"{name}/train/train.csv", Body=table.to_csv(index=False).encode())

# %% [markdown]
# ## Training, as a job

# %%
trainer = ModelTrainer(
    training_image=image,
    role=role,
    base_job_name=name,
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10),
    hyperparameters={"n_estimators": int(os.environ.get("TREES", "100")), "target": target},
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/{name}/"),
    sagemaker_session=session,
)
trainer.train(
    input_data_config=[InputData(channel_name="train", data_source=f"s3://{bucket}/{name}/train/")],
    wait=True,
    logs=False,
)
model_data = trainer._latest_training_job.model_artifacts.s3_model_artifacts
print(model_data)

# %% [markdown]
# ## A serverless endpoint, and a call

# %%
builder = ModelBuilder(image_uri=image, s3_model_data_url=model_data, role_arn=role, sagemaker_session=session)
builder.build(model_name=name)
endpoint = builder.deploy(
    endpoint_name=name,
    inference_config=ServerlessInferenceConfig(memory_size_in_mb=1024, max_concurrency=3),
    wait=False,
)
endpoint.wait_for_status("InService", poll=2)  # deploy itself would look only every 30 seconds
rows = table[:3]
answer = endpoint.invoke(
    body=json.dumps({"instances": rows[features].to_dict(orient="records")}), content_type="application/json"
)
predictions = json.loads(answer.body.read())["predictions"]
for predicted, true in zip(predictions, rows[target], strict=True):
    print(f"predicted {predicted:,.1f}, true {true:,.1f}")

# %% [markdown]
# The endpoint is the same for whatever calls it; this is boto3:

# %%
runtime = boto_session.client("sagemaker-runtime")
as_csv = rows[features].to_csv(index=False)
answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=as_csv)
assert [float(line) for line in answer["Body"].read().split()] == predictions

# %% [markdown]
# ## The model registry

# %%
group = ModelPackageGroup.create(model_package_group_name=f"{name}-models")
# ModelPackage of these versions (3.2x) refuses any container, and looks for a version by its group's name: boto3 it is.
sagemaker = boto_session.client("sagemaker")
package = sagemaker.create_model_package(
    ModelPackageGroupName=f"{name}-models",
    InferenceSpecification={
        "Containers": [{"Image": image, "ModelDataUrl": model_data}],
        "SupportedContentTypes": ["text/csv", "application/json"],
        "SupportedResponseMIMETypes": ["text/csv", "application/json"],
    },
    ModelApprovalStatus="PendingManualApproval",
)["ModelPackageArn"]
sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
version = Model.create(
    model_name=f"{name}-v1",
    execution_role_arn=role,
    primary_container=ContainerDefinition(model_package_name=package),
)
print(package)

# %% [markdown]
# ## Real-time, on an instance

# %%
real_time = ModelBuilder(
    image_uri=image,
    s3_model_data_url=model_data,
    role_arn=role,
    instance_type="ml.m5.large",
    sagemaker_session=session,
)
real_time.build(model_name=f"{name}-instances")
on_instances = real_time.deploy(
    endpoint_name=f"{name}-instances", instance_type="ml.m5.large", initial_instance_count=1, wait=False
)
on_instances.wait_for_status("InService", poll=2)
answer = on_instances.invoke(body=as_csv, content_type="text/csv", accept="text/csv")
assert [float(line) for line in answer.body.read().split()] == predictions

# %% [markdown]
# ## Batch transform

# %%
body = table[features].to_csv(index=False, header=False).encode()
s3.put_object(Bucket=bucket, Key=f"{name}/all/rows.csv", Body=body)
transform = TransformJob.create(
    transform_job_name=name,
    model_name=f"{name}-v1",
    transform_input=TransformInput(
        data_source=TransformDataSource(
            s3_data_source=TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=f"s3://{bucket}/{name}/all/")
        ),
        content_type="text/csv",
        split_type="Line",
    ),
    transform_output=TransformOutput(s3_output_path=f"s3://{bucket}/{name}/predicted/", assemble_with="Line"),
    transform_resources=TransformResources(instance_type="ml.m5.large", instance_count=1),
)
transform.wait(poll=2)
predicted = s3.get_object(Bucket=bucket, Key=f"{name}/predicted/rows.csv.out")["Body"].read().split()
assert len(predicted) == len(table) and [float(line) for line in predicted[:3]] == predictions
print(f"{len(predicted):,} rows predicted")

# %% [markdown]
# ## Clean up

# %%
for one in (endpoint, on_instances):
    config = sagemaker.describe_endpoint(EndpointName=one.endpoint_name)["EndpointConfigName"]
    one.delete()
    sagemaker.delete_endpoint_config(EndpointConfigName=config)
for one in (name, f"{name}-instances"):
    Model.get(one).delete()
version.delete()
sagemaker.delete_model_package(ModelPackageName=package)
group.delete()
listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{name}/")
for key in [one["Key"] for page in listed for one in page.get("Contents", ())]:
    s3.delete_object(Bucket=bucket, Key=key)
print("nothing is left but the training job's name, which SageMaker keeps")
