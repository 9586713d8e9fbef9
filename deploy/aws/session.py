"""Who we are and where: credentials, account and region, and the clients made from them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from container import __version__
from deploy.errors import Missing

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_sts import STSClient

ATTEMPTS: Final = 8
"""How often a call is tried when AWS throttles it or a connection breaks, with growing pauses between."""


class Session:
    """An account and a region. Clients are made when first asked for, because making one takes tens of milliseconds."""

    def __init__(
        self,
        region: str | None = None,
        profile: str | None = None,
        boto: boto3.Session | None = None,
        endpoint: str | None = None,
    ) -> None:
        """`endpoint` is an address that answers in AWS's place, whatever AWS_ENDPOINT_URL says."""
        self._endpoint = endpoint
        try:
            self.boto = boto or boto3.Session(region_name=region, profile_name=profile)
        except ProfileNotFound as error:
            raise Missing(f"{error}.", "See the profiles there are: aws configure list-profiles") from None
        self._clients: dict[str, Any] = {}

    @classmethod
    def local(cls, endpoint: str, region: str) -> Session:
        """A session with an emulator on this machine, which takes any credentials."""
        boto = boto3.Session(region_name=region, aws_access_key_id="local", aws_secret_access_key="local")  # noqa: S106
        return cls(boto=boto, endpoint=endpoint)

    @cached_property
    def region(self) -> str:
        """The region's name; raises Missing where none is set."""
        if not self.boto.region_name:
            raise Missing(
                "No AWS region is set.", "Add --region eu-west-1, or export AWS_REGION, or run: aws configure"
            )
        return self.boto.region_name

    @cached_property
    def account(self) -> str:
        """The account's twelve digits; raises Missing where there are no credentials."""
        if self.boto.get_credentials() is None:
            raise Missing("No AWS credentials were found.", "Set them up: aws configure (or aws sso login)")
        return self.sts.get_caller_identity()["Account"]

    @cached_property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`: the second part of every ARN here."""
        return self.boto.get_partition_for_region(self.region)

    @property
    def address(self) -> str:
        """HOST[:PORT] of the SageMaker that is talked to: AWS's, or one that AWS_ENDPOINT_URL names."""
        return self.sagemaker.meta.endpoint_url.partition("://")[2].rstrip("/")

    def client(self, service: str, **options: Any) -> Any:
        """A client of `service`; `options` go to botocore's Config (read_timeout, retries)."""
        key = f"{service} {options}"
        if key not in self._clients:
            settings = {"retries": {"mode": "standard", "total_max_attempts": ATTEMPTS}, **options}
            config = Config(user_agent_extra=f"coppice/{__version__}", **settings)
            self._clients[key] = self.boto.client(  # type: ignore[call-overload]
                service, region_name=self.region, config=config, endpoint_url=self._endpoint
            )
        return self._clients[key]

    @property
    def sagemaker(self) -> SageMakerClient:
        """SageMaker's control plane."""
        client: SageMakerClient = self.client("sagemaker")
        return client

    @property
    def runtime(self) -> SageMakerRuntimeClient:
        """SageMaker Runtime. It waits as long as a cold endpoint may take, and leaves trying again to its caller."""
        client: SageMakerRuntimeClient = self.client(
            "sagemaker-runtime", read_timeout=300, retries={"mode": "standard", "total_max_attempts": 1}
        )
        return client

    @property
    def s3(self) -> S3Client:
        """S3."""
        client: S3Client = self.client("s3")
        return client

    @property
    def ecr(self) -> ECRClient:
        """ECR."""
        client: ECRClient = self.client("ecr")
        return client

    @property
    def iam(self) -> IAMClient:
        """IAM."""
        client: IAMClient = self.client("iam")
        return client

    @property
    def sts(self) -> STSClient:
        """STS. It is asked first, so it doesn't try for long: without a network this is where people wait."""
        client: STSClient = self.client("sts", retries={"mode": "standard", "total_max_attempts": 3})
        return client

    @property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        client: CloudWatchLogsClient = self.client("logs")
        return client

    @property
    def cloudwatch(self) -> CloudWatchClient:
        """CloudWatch metrics."""
        client: CloudWatchClient = self.client("cloudwatch")
        return client

    @property
    def autoscaling(self) -> ApplicationAutoScalingClient:
        """Application Auto Scaling."""
        client: ApplicationAutoScalingClient = self.client("application-autoscaling")
        return client

    @property
    def quotas(self) -> ServiceQuotasClient:
        """Service Quotas."""
        client: ServiceQuotasClient = self.client("service-quotas")
        return client
