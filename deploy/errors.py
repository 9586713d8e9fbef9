"""What can go wrong on the laptop's side: what happened, what to do, and an exit code that says whose turn it is."""

from __future__ import annotations

from typing import ClassVar

from container.errors import ContainerError


class DeployError(ContainerError):
    """Something was tried and failed: exit code 1."""

    code = "deploy_failed"
    exit_code: ClassVar[int] = 1


class UsageError(DeployError):
    """A flag, a variable or endpoint.toml says what can't be: found before anything was done. Exit code 2."""

    code = "usage"
    exit_code = 2


class LimitError(UsageError):
    """A documented limit of SageMaker's, which AWS would refuse later and in other words."""

    code = "limit"


class NotSupported(UsageError):
    """What AWS doesn't offer in this combination; the hint is the way around."""

    code = "not_supported"


class Missing(DeployError):
    """Something has to be there first: credentials, a role, an image, Docker. Exit code 3."""

    code = "missing"
    exit_code = 3


class Declined(DeployError):
    """Somebody was asked, and didn't say yes."""

    code = "declined"


class AwsError(DeployError):
    """AWS refused a call."""

    code = "aws_error"


class Busy(DeployError):
    """The endpoint is being changed, and went on for longer than was waited."""

    code = "busy"


class EndpointFailed(DeployError):
    """The endpoint didn't come into service."""

    code = "endpoint_failed"


class ModelFailed(DeployError):
    """The container answered with an error, or not at all."""

    code = "model_error"
