"""Service Quotas: how many serverless endpoints an account may have, and how many there are."""

from __future__ import annotations

from typing import NamedTuple

from botocore.exceptions import ClientError

from deploy.aws.errors import is_denied
from deploy.aws.sagemaker import SageMaker
from deploy.aws.session import Session


class Quota(NamedTuple):
    """One of SageMaker's quotas, by the name that the console shows."""

    name: str
    code: str
    value: float


class Usage(NamedTuple):
    """The serverless endpoints there are, and the sum of their max concurrencies."""

    endpoints: int
    concurrency: int


class Quotas:
    """The quotas of one session's account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def serverless(self) -> list[Quota]:
        """Those whose name says serverless. Their codes aren't documented, so the whole list is read."""
        pages = self._session.quotas.get_paginator("list_service_quotas").paginate(
            ServiceCode="sagemaker", PaginationConfig={"PageSize": 100}
        )
        return [
            Quota(entry["QuotaName"], entry["QuotaCode"], entry["Value"])
            for page in pages
            for entry in page["Quotas"]
            if "serverless" in entry["QuotaName"].lower()
        ]

    def in_use(self) -> Usage | None:
        """What is taken of them; None where these credentials may not see every endpoint."""
        sagemaker = SageMaker(self._session)
        endpoints = concurrency = 0
        try:
            for entry in sagemaker.endpoints():
                found = sagemaker.endpoint(entry["EndpointName"]) or {}
                sizes = [variant.get("CurrentServerlessConfig") for variant in found.get("ProductionVariants", ())]
                endpoints += any(sizes)
                concurrency += sum(size["MaxConcurrency"] for size in sizes if size)
        except ClientError as error:
            if is_denied(error):
                return None
            raise
        return Usage(endpoints, concurrency)
