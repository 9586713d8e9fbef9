"""California Housing from a table to an endpoint and onwards, with boto3: on AWS, or on your own machine.

    coppice local up                              # in another terminal; not for AWS itself
    export AWS_ENDPOINT_URL=http://127.0.0.1:4599 # as `up` prints it; not for AWS itself
    python examples/california_housing.py

HOUSING names the table (cal_housing.csv); without it scikit-learn downloads it. IMAGE, ROLE and BUCKET replace the
names below. On AWS, `coppice push` puts the image there, and docs/iam.md makes the role.
"""

# %% [markdown]
# # California Housing on SageMaker
# A forest of trees is trained as a training job, served by a serverless endpoint of a chosen memory size, registered,
# and then served in the other ways that SageMaker has: on instances, asynchronously, and in batches.
#
# Everything here runs on AWS, or, with `AWS_ENDPOINT_URL` set to what `coppice local up` prints, on your own machine.

# %%
import io
import json
import os
import time

import boto3
import pandas as pd

session = boto3.Session()
region = session.region_name
account = session.client("sts").get_caller_identity()["Account"]
s3, sagemaker, runtime = (session.client(name) for name in ("s3", "sagemaker", "sagemaker-runtime"))

image = os.environ.get("IMAGE", f"{account}.dkr.ecr.{region}.amazonaws.com/coppice:latest")
role = os.environ.get("ROLE", f"arn:aws:iam::{account}:role/coppice-execution")
bucket = os.environ.get("BUCKET", f"sagemaker-{region}-{account}")
stamp = time.strftime("%Y%m%d-%H%M%S")
name = f"housing-{stamp}"
patience = {"Delay": 2, "MaxAttempts": 1800}  # an hour: what comes up in seconds here takes minutes on AWS
print(f"{name} in {region}, with {image}")

# %% [markdown]
# ## The data, in S3
# The last column is what is predicted. A sixth of the rows is held out: the job measures on it and never fits.


# %%
def housing() -> pd.DataFrame:
    """The table: 20,640 blocks of houses, eight columns and the median value."""
    if "HOUSING" in os.environ:
        return pd.read_csv(os.environ["HOUSING"])
    from sklearn.datasets import fetch_california_housing

    return fetch_california_housing(as_frame=True).frame


table = housing().sample(frac=1, random_state=0)
features, target = list(table.columns[:-1]), table.columns[-1]
held_out = len(table) // 6

if region == "us-east-1":
    s3.create_bucket(Bucket=bucket)
elif bucket not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
for channel, rows in {"train": table[held_out:], "validation": table[:held_out]}.items():
    body = rows.to_csv(index=False).encode()
    s3.put_object(Bucket=bucket, Key=f"{name}/{channel}/{channel}.csv", Body=body)
    print(f"{channel}: {len(rows):,} rows, {len(body) / 1e6:.1f} MB")

# %% [markdown]
# ## Training, as a job
# The image's own `train` fits a RandomForest; hyperparameters are RandomForest's. Its artifact holds the model twice:
# as scikit-learn's, and compiled.

# %%
sagemaker.create_training_job(
    TrainingJobName=name,
    AlgorithmSpecification={
        "TrainingImage": image,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "validation:r2", "Regex": "validation:r2=([0-9.]+)"}],
    },
    RoleArn=role,
    HyperParameters={"n_estimators": os.environ.get("TREES", "100"), "target": target},
    InputDataConfig=[
        {
            "ChannelName": channel,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{name}/{channel}/"}},
        }
        for channel in ("train", "validation")
    ],
    OutputDataConfig={"S3OutputPath": f"s3://{bucket}/{name}/"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    StoppingCondition={"MaxRuntimeInSeconds": 3600},
)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=patience)
job = sagemaker.describe_training_job(TrainingJobName=name)
model_data = job["ModelArtifacts"]["S3ModelArtifacts"]
metrics = {metric["MetricName"]: round(metric["Value"], 3) for metric in job["FinalMetricDataList"]}
print(job["TrainingJobStatus"], metrics, model_data)

# %% [markdown]
# ## A serverless endpoint
# It costs nothing while nobody calls it. The memory size is 1024 to 6144 MB; `MaxConcurrency` calls run at a time.

# %%
sagemaker.create_model(
    ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": image, "ModelDataUrl": model_data}
)


def deploy(endpoint: str, model: str, **hosting) -> None:
    """An endpoint with one variant, and the wait until it is in service."""
    variant = {"VariantName": "AllTraffic", "ModelName": model, **hosting.pop("variant")}
    sagemaker.create_endpoint_config(EndpointConfigName=endpoint, ProductionVariants=[variant], **hosting)
    sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig=patience)
    print(f"{endpoint} is in service")


deploy(name, name, variant={"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 3}})

# %% [markdown]
# ## Invoke it
# In CSV or JSON, a row or many; columns that come with their names may stand in any order.

# %%
rows = table[:3]
answer = runtime.invoke_endpoint(
    EndpointName=name,
    ContentType="application/json",
    Body=json.dumps({"instances": rows[features].to_dict(orient="records")}),
)
predictions = json.loads(answer["Body"].read())["predictions"]
for predicted, true in zip(predictions, rows[target], strict=True):
    print(f"predicted {predicted:,.1f}, true {true:,.1f}")

# %%
as_csv = rows[features].to_csv(index=False)
answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=as_csv)
assert [float(line) for line in answer["Body"].read().split()] == predictions

# %% [markdown]
# ## The model registry
# A version says which image serves which artifact; somebody approves it, and what is deployed is the version.

# %%
group = f"{name}-models"
sagemaker.create_model_package_group(ModelPackageGroupName=group)
package = sagemaker.create_model_package(
    ModelPackageGroupName=group,
    InferenceSpecification={
        "Containers": [{"Image": image, "ModelDataUrl": model_data}],
        "SupportedContentTypes": ["text/csv", "application/json"],
        "SupportedResponseMIMETypes": ["text/csv", "application/json"],
    },
    ModelApprovalStatus="PendingManualApproval",
)["ModelPackageArn"]
sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
approved = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
version = approved["ModelPackageSummaryList"][0]["ModelPackageArn"]
sagemaker.create_model(ModelName=f"{name}-v1", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": version})
print(version)

# %% [markdown]
# ## Real-time, on instances
# For traffic that never ends: no cold starts, bodies of 6 MB, and a price by the hour.

# %%
real_time = f"{name}-instances"
deploy(real_time, f"{name}-v1", variant={"InstanceType": "ml.m5.large", "InitialInstanceCount": 1})
answer = runtime.invoke_endpoint(EndpointName=real_time, ContentType="text/csv", Body=as_csv)
assert [float(line) for line in answer["Body"].read().split()] == predictions

# %% [markdown]
# ## Asynchronous
# For bodies up to 1 GB: rows come from S3, and the answer goes there.

# %%
later = f"{name}-async"
deploy(
    later,
    f"{name}-v1",
    variant={"InstanceType": "ml.m5.large", "InitialInstanceCount": 1},
    AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{bucket}/{name}/answers/"}},
)
s3.put_object(Bucket=bucket, Key=f"{name}/questions/rows.csv", Body=as_csv.encode())
where = runtime.invoke_endpoint_async(
    EndpointName=later, ContentType="text/csv", InputLocation=f"s3://{bucket}/{name}/questions/rows.csv"
)["OutputLocation"]
key = where.removeprefix(f"s3://{bucket}/")
s3.get_waiter("object_exists").wait(Bucket=bucket, Key=key, WaiterConfig=patience)
assert [float(line) for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().split()] == predictions
print(where)

# %% [markdown]
# ## Batch transform
# The whole table at once: instances come, answer and go.

# %%
s3.put_object(
    Bucket=bucket, Key=f"{name}/all/rows.csv", Body=table[features].to_csv(index=False, header=False).encode()
)
sagemaker.create_transform_job(
    TransformJobName=name,
    ModelName=name,
    TransformInput={
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{name}/all/"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    },
    TransformOutput={"S3OutputPath": f"s3://{bucket}/{name}/predicted/", "AssembleWith": "Line"},
    TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    BatchStrategy="MultiRecord",
)
sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=name, WaiterConfig=patience)
body = s3.get_object(Bucket=bucket, Key=f"{name}/predicted/rows.csv.out")["Body"].read()
predicted = pd.read_csv(io.BytesIO(body), header=None)[0]
assert len(predicted) == len(table) and predicted[:3].tolist() == predictions
print(f"{len(predicted):,} rows predicted; the mean is {predicted.mean():,.1f}, true {table[target].mean():,.1f}")

# %% [markdown]
# ## Clean up
# Endpoints on instances cost by the hour until they are deleted.

# %%
for endpoint in (name, real_time, later):
    sagemaker.delete_endpoint(EndpointName=endpoint)
    sagemaker.delete_endpoint_config(EndpointConfigName=endpoint)
for model in (name, f"{name}-v1"):
    sagemaker.delete_model(ModelName=model)
sagemaker.delete_model_package(ModelPackageName=package)
sagemaker.delete_model_package_group(ModelPackageGroupName=group)
listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{name}/")
for key in [one["Key"] for page in listed for one in page.get("Contents", ())]:
    s3.delete_object(Bucket=bucket, Key=key)
print("nothing is left but the training job's name, which SageMaker keeps")
