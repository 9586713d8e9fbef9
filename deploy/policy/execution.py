"""What the endpoint's role needs, and who may assume it: the least that SageMaker's hosting is documented to use.

Source: SageMaker's Developer Guide, "CreateModel API: execution role permissions", each narrowed to what can be named.
"""

from __future__ import annotations

from typing import Any

from deploy.aws.transform import LOG_GROUP as BATCH_LOGS
from deploy.policy.document import EVERYTHING, VERSION, Statement, document
from deploy.policy.scope import Scope


def execution(scope: Scope) -> dict[str, Any]:
    """The role's own policy: read the model, pull the image, write logs and metrics, and the S3 it was given."""
    return document(
        Statement("ReadModel", ("s3:GetObject",), (scope.archives,)),
        Statement(
            "PullImage",
            ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            (scope.repository_arn,),
        ),
        Statement("RegistryLoginHasNoResource", ("ecr:GetAuthorizationToken",), EVERYTHING),
        Statement(
            "WriteLogs",
            ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            (scope.endpoint_logs, *((scope.log_group(BATCH_LOGS),) if scope.reads else ())),
        ),
        Statement(
            "MetricsHaveNoResource",
            ("cloudwatch:PutMetricData",),
            EVERYTHING,
            {"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/*"]}},
        ),
        *_data(scope),
    )


def _data(scope: Scope) -> list[Statement]:
    statements = []
    if scope.taken:
        statements += [
            Statement("ReadInput", ("s3:GetObject",), tuple(map(scope.below, scope.taken))),
            Statement(
                "ListInput",
                ("s3:ListBucket",),
                tuple(dict.fromkeys(map(scope.bucket_of, scope.taken))),
                {"StringLike": {"s3:prefix": [f"{place.key}*" for place in scope.taken]}},
            ),
        ]
    if scope.put:
        statements.append(Statement("WriteOutput", ("s3:PutObject",), tuple(map(scope.below, scope.put))))
    return statements


def trust(scope: Scope) -> dict[str, Any]:
    """The role's trust policy: SageMaker may assume it, for this account and region and nobody else's.

    Source: SageMaker's Developer Guide, "Cross-service confused deputy prevention", inference and batch transform.
    """
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "SageMakerForThisAccount",
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": scope.account},
                    "ArnLike": {"aws:SourceArn": scope.arn("sagemaker", "*")},
                },
            }
        ],
    }
