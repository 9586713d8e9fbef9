"""What tests of a rollout ask for and look at."""

from __future__ import annotations

import json

from cloud import ACCOUNT, REGION

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/coppice@sha256:{'a' * 64}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/coppice-execution"


def done(outcome):
    code, out, err = outcome
    assert code == 0, err
    return json.loads(out)


def steps(document):
    return [step["step"] for step in document["steps"]]


def left(cloud):
    """What there is in the account."""
    sagemaker, s3 = cloud.client("sagemaker"), cloud.client("s3")
    return {
        "endpoints": [entry["EndpointName"] for entry in sagemaker.list_endpoints()["Endpoints"]],
        "configs": [entry["EndpointConfigName"] for entry in sagemaker.list_endpoint_configs()["EndpointConfigs"]],
        "models": [entry["ModelName"] for entry in sagemaker.list_models()["Models"]],
        "objects": [
            entry["Key"]
            for bucket in s3.list_buckets()["Buckets"]
            for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        ],
    }
