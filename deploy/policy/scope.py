"""What the documents are about: one account and region, one endpoint, and what belongs to it, each by its ARN."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from deploy.aws.s3 import S3Uri
from deploy.endpoint.log_lines import group_of
from deploy.endpoint.names import DEFAULT_REPOSITORY, DEFAULT_ROLE, artifact_prefix, prefix
from deploy.errors import UsageError

EVERY: Final = "*"
_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_NAME: Final = re.compile(r"[a-zA-Z0-9*](-*[a-zA-Z0-9*]){0,62}")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REPOSITORY: Final = re.compile(r"[a-z0-9]+([._/-]+[a-z0-9]+)*")
_ROLE: Final = re.compile(r"[\w+=,.@/-]{1,512}")


@dataclass(frozen=True)
class Scope:
    """The account's twelve digits, and names. `endpoint` may hold `*`: `churn-*` is every endpoint that starts so.

    `reads` and `writes` are where batch jobs take rows from and put answers; `asynchronous` is where an asynchronous
    endpoint does both.
    """

    account: str
    region: str
    partition: str = "aws"
    endpoint: str = EVERY
    bucket: str = ""
    repository: str = DEFAULT_REPOSITORY
    role: str = DEFAULT_ROLE
    group: str = ""
    reads: tuple[S3Uri, ...] = ()
    writes: tuple[S3Uri, ...] = ()
    asynchronous: S3Uri | None = None

    def __post_init__(self) -> None:
        for called, pattern, text, such_as in (
            ("--account", _ACCOUNT, self.account, "twelve digits"),
            ("--region", _REGION, self.region, "a region, as eu-west-1"),
            ("--name", _NAME, self.endpoint, "an endpoint's name, or the start of several and a *"),
            ("--bucket", _BUCKET, self.bucket_name, "a bucket's name"),
            ("--repository", _REPOSITORY, self.repository, "an ECR repository's name"),
            ("--role", _ROLE, self.role_name, "a role's name or ARN"),
            ("--group", _NAME, self.group_name, "a model package group's name"),
        ):
            if not pattern.fullmatch(text):
                raise UsageError(f"{called} takes {such_as}; this is {text!r}.")

    @property
    def bucket_name(self) -> str:
        """The bucket of the model archives: the one that `coppice deploy` takes where none is named."""
        return self.bucket or f"sagemaker-{self.region}-{self.account}"

    @property
    def group_name(self) -> str:
        """The model package group: named as the endpoint where none is named."""
        return self.group or self.endpoint

    @property
    def role_name(self) -> str:
        """The role's name with its path, from a name or an ARN."""
        return self.role.partition(":role/")[2] or self.role

    @property
    def role_arn(self) -> str:
        """The execution role."""
        return f"arn:{self.partition}:iam::{self.account}:role/{self.role_name}"

    @property
    def derived(self) -> str:
        """What the endpoint's models, configurations and jobs are called, as a pattern."""
        return EVERY if self.endpoint == EVERY else f"{prefix(self.endpoint)}*"

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def sagemaker(self, *resources: str) -> tuple[str, ...]:
        """SageMaker's ARNs, which it writes in lower case whatever the name: both, where they differ."""
        return tuple(dict.fromkeys(self.arn("sagemaker", form) for name in resources for form in (name, name.lower())))

    @property
    def bucket_arn(self) -> str:
        """The bucket of the model archives."""
        return f"arn:{self.partition}:s3:::{self.bucket_name}"

    @property
    def archives(self) -> str:
        """The endpoint's model archives, as a pattern."""
        return f"{self.bucket_arn}/{artifact_prefix(self.endpoint)}*"

    @property
    def repository_arn(self) -> str:
        """The image's repository."""
        return self.arn("ecr", f"repository/{self.repository}")

    def log_group(self, name: str) -> str:
        """A log group and its streams."""
        return self.arn("logs", f"log-group:{name}:*")

    @property
    def endpoint_logs(self) -> str:
        """The endpoint's log group."""
        return self.log_group(group_of(self.endpoint))

    @property
    def taken(self) -> tuple[S3Uri, ...]:
        """Where rows are taken from."""
        return (*self.reads, *self._asynchronous)

    @property
    def put(self) -> tuple[S3Uri, ...]:
        """Where answers are put."""
        return (*self.writes, *self._asynchronous)

    @property
    def _asynchronous(self) -> tuple[S3Uri, ...]:
        return (self.asynchronous,) if self.asynchronous else ()

    def below(self, place: S3Uri) -> str:
        """What lies at and below an S3 address, as a pattern: `s3://b/in` is also `s3://b/in/1.csv`."""
        return f"arn:{self.partition}:s3:::{place.bucket}/{place.key}*"

    def bucket_of(self, place: S3Uri) -> str:
        """The bucket of an S3 address."""
        return f"arn:{self.partition}:s3:::{place.bucket}"
