"""What a person or a pipeline needs for Coppice's verbs: push, deploy, invoke, watch, delete, register, batch.

A test compares the actions with the calls that deploy/aws makes: each is here, and nothing that nobody needs.
"""

from __future__ import annotations

import json
from typing import Any, Final

from deploy.aws.autoscaling import waking_alarm
from deploy.aws.transform import LOG_GROUP as BATCH_LOGS
from deploy.policy.document import EVERYTHING, Statement, document
from deploy.policy.scope import Scope

MANAGED_POLICY_CHARS: Final = 6144
"""IAM's limit for a managed policy, white space not counted."""

_OURS: Final = {"Null": {"aws:ResourceTag/coppice:endpoint": "false"}}
"""Carries the tag by which Coppice knows its own: what a person made by hand isn't deleted."""
_SCALES_SAGEMAKER: Final = {"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}}
_AUTOSCALING: Final = "sagemaker.application-autoscaling.amazonaws.com"
_AUTOSCALING_ROLE: Final = (
    f"role/aws-service-role/{_AUTOSCALING}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def deployer(scope: Scope) -> dict[str, Any]:
    """The deployer's policy."""
    return document(
        *_hosting(scope),
        *_registry(scope),
        *_storage(scope),
        *_images(scope),
        *_scaling(scope),
        *_watching(scope),
    )


def size(policy: dict[str, Any]) -> int:
    """A policy's characters as IAM counts them: without white space."""
    return len("".join(json.dumps(policy, separators=(",", ":")).split()))


def _hosting(scope: Scope) -> list[Statement]:
    endpoint = f"endpoint/{scope.endpoint}"
    made = scope.sagemaker(endpoint, f"endpoint-config/{scope.derived}", f"model/{scope.derived}")
    return [
        Statement(
            "Host",
            (
                "sagemaker:CreateModel",
                "sagemaker:CreateEndpointConfig",
                "sagemaker:DescribeEndpointConfig",
                "sagemaker:CreateEndpoint",
                "sagemaker:DescribeEndpoint",
                "sagemaker:UpdateEndpoint",
                "sagemaker:UpdateEndpointWeightsAndCapacities",
                "sagemaker:AddTags",
                "sagemaker:DeleteTags",
                "sagemaker:ListTags",
            ),
            made,
        ),
        Statement(
            "DeleteOurs",
            ("sagemaker:DeleteModel", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteEndpoint"),
            made,
            _OURS,
        ),
        # Before `delete --all` removes an archive or an image, it looks whether any other model uses them.
        Statement("LookAtModels", ("sagemaker:DescribeModel",), scope.sagemaker("model/*")),
        Statement("Invoke", ("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"), scope.sagemaker(endpoint)),
        Statement(
            "ListsHaveNoResource",
            ("sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs", "sagemaker:ListModels"),
            EVERYTHING,
        ),
        Statement(
            "PassTheRole",
            ("iam:PassRole",),
            (scope.role_arn,),
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        Statement("LookAtTheRole", ("iam:GetRole",), (scope.role_arn,)),
    ]


def _registry(scope: Scope) -> list[Statement]:
    group = scope.group_name
    return [
        Statement(
            "Register",
            (
                "sagemaker:CreateModelPackageGroup",
                "sagemaker:DescribeModelPackageGroup",
                "sagemaker:CreateModelPackage",
                "sagemaker:DescribeModelPackage",
                "sagemaker:ListModelPackages",
                "sagemaker:UpdateModelPackage",
                "sagemaker:AddTags",
            ),
            scope.sagemaker(f"model-package-group/{group}", f"model-package/{group}/*"),
        ),
        Statement(
            "Batch",
            (
                "sagemaker:CreateTransformJob",
                "sagemaker:DescribeTransformJob",
                "sagemaker:StopTransformJob",
                "sagemaker:AddTags",
            ),
            scope.sagemaker(f"transform-job/{scope.derived}"),
        ),
    ]


def _storage(scope: Scope) -> list[Statement]:
    places = (*scope.taken, *scope.put)
    data = tuple(dict.fromkeys(map(scope.below, places)))
    buckets = tuple(dict.fromkeys(map(scope.bucket_of, places)))
    return [
        Statement("Bucket", ("s3:CreateBucket", "s3:PutBucketPublicAccessBlock", "s3:ListBucket"), (scope.bucket_arn,)),
        Statement(
            "Archives",
            ("s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject", "s3:AbortMultipartUpload"),
            (scope.archives,),
        ),
        *([Statement("Data", ("s3:GetObject", "s3:PutObject"), data)] if data else []),
        *([Statement("ListData", ("s3:ListBucket",), buckets)] if buckets else []),
    ]


def _images(scope: Scope) -> list[Statement]:
    return [
        Statement(
            "Push",
            (
                "ecr:CreateRepository",
                "ecr:GetLifecyclePolicy",
                "ecr:PutLifecyclePolicy",
                "ecr:TagResource",
                "ecr:ListTagsForResource",
                "ecr:DescribeRepositories",
                "ecr:DescribeImages",
                "ecr:BatchDeleteImage",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:UploadLayerPart",
                "ecr:CompleteLayerUpload",
                "ecr:PutImage",
            ),
            (scope.repository_arn,),
        ),
        Statement("RegistryLoginHasNoResource", ("ecr:GetAuthorizationToken",), EVERYTHING),
    ]


def _scaling(scope: Scope) -> list[Statement]:
    return [
        Statement(
            # AWS makes up a scalable target's name when it is registered, so the namespace has to narrow it.
            "Scale",
            (
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
            ),
            (scope.arn("application-autoscaling", "scalable-target/*"),),
            _SCALES_SAGEMAKER,
        ),
        Statement(
            "ScalingListsHaveNoResource",
            ("application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"),
            EVERYTHING,
        ),
        Statement(
            "ScalingAlarms",
            (
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:DeleteAlarms",
                "cloudwatch:TagResource",
            ),
            (
                scope.arn("cloudwatch", f"alarm:TargetTracking-endpoint/{scope.endpoint}/*"),
                scope.arn("cloudwatch", f"alarm:{waking_alarm(scope.endpoint)}"),
            ),
        ),
        Statement(
            "ScalingRole",
            ("iam:CreateServiceLinkedRole",),
            (f"arn:{scope.partition}:iam::{scope.account}:{_AUTOSCALING_ROLE}",),
            {"StringEquals": {"iam:AWSServiceName": _AUTOSCALING}},
        ),
    ]


def _watching(scope: Scope) -> list[Statement]:
    return [
        Statement("ReadLogs", ("logs:FilterLogEvents",), (scope.endpoint_logs, scope.log_group(BATCH_LOGS))),
        Statement(
            "MetricsAndQuotasHaveNoResource",
            ("cloudwatch:GetMetricData", "servicequotas:ListServiceQuotas"),
            EVERYTHING,
        ),
    ]
