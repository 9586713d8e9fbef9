"""What tests ask of SageMaker's control plane, in few words: variants, configurations and endpoints of one model."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice:1"
SIZES = {"MemorySizeInMB": 1024, "MaxConcurrency": 5}


def serverless(**sizes: int) -> dict[str, Any]:
    """A variant of the model `forest`."""
    return {"VariantName": "main", "ModelName": "forest", "ServerlessConfig": {**SIZES, **sizes}}


def real_time(**members: Any) -> dict[str, Any]:
    """A variant of the model `forest`; a member that is None is given as None."""
    given = {"VariantName": "main", "ModelName": "forest", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {**given, **members}


def config(sagemaker: Any, name: str, *variants: dict[str, Any], **members: Any) -> str:
    """Make a configuration, serverless unless told otherwise; its name."""
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants) or [serverless()], **members
    )
    return name


def endpoint(sagemaker: Any, name: str, *variants: dict[str, Any]) -> str:
    """Make an endpoint and its configuration NAME-config; its name."""
    config(sagemaker, f"{name}-config", *variants)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-config")
    return name


def refused(call: Any, **members: Any) -> str:
    """See that a call is refused: the error's `code: message`."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"
