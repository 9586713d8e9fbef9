"""What an account has before Coppice comes: an image in ECR, and a role."""

from __future__ import annotations

import json

from cloud import ACCOUNT, REGION, Cloud

ROLE = "coppice-execution"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


def push_image(cloud: Cloud, tag: str = "1.0", repository: str = "coppice") -> str:
    """An image by its digest URI; another tag is another image."""
    ecr = cloud.client("ecr")
    if repository not in {found["repositoryName"] for found in ecr.describe_repositories()["repositories"]}:
        ecr.create_repository(repositoryName=repository)
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": "sha256:0"},
        "layers": [{"digest": f"sha256:{tag}", "size": 7}],  # moto makes the digest of these
    }
    made = ecr.put_image(
        repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag, imageManifestMediaType=DOCKER
    )
    digest = made["image"]["imageId"]["imageDigest"]
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}@{digest}"


def make_role(cloud: Cloud, name: str = ROLE) -> str:
    """A role that SageMaker may assume; its ARN."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    arn: str = made["Role"]["Arn"]
    return arn


def make_bucket(cloud: Cloud, name: str, objects: dict[str, bytes]) -> None:
    """A bucket with objects by their keys."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, body in objects.items():
        s3.put_object(Bucket=name, Key=key, Body=body)
