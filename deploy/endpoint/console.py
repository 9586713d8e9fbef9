"""Where things are in the AWS console, by their ARNs."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

_HOSTS: Final = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
"""Of the partitions that have a console of their own."""


def of_endpoint(arn: str, name: str) -> str:
    """The address of an endpoint's page. ARNs are in lower case, so the name comes besides."""
    _, partition, _, region, _ = arn.split(":", 4)
    return f"{_home(partition, region, 'sagemaker')}#/endpoints/{name}"


def of_group(arn: str, group: str) -> str:
    """The address of a log group's page, beside whatever has this ARN."""
    _, partition, _, region, _ = arn.split(":", 4)
    return f"{_home(partition, region, 'cloudwatch')}#logsV2:log-groups/log-group/{_twice(group)}"


def of_logs(arn: str) -> str:
    """The address of a log group, or stream; what isn't the ARN of one stays as it is."""
    parts = arn.split(":", 6)
    if len(parts) < 7 or parts[2] != "logs" or not parts[6]:
        return arn
    group, _, stream = parts[6].partition(":log-stream:")
    page = of_group(arn, group.removesuffix(":*"))
    return f"{page}/log-events/{_twice(stream)}" if stream else page


def _home(partition: str, region: str, service: str) -> str:
    host = _HOSTS.get(partition, "console.aws.amazon.com")
    return f"https://{region}.{host}/{service}/home?region={region}"


def _twice(name: str) -> str:
    """The console wants names percent-encoded twice, with $ for %."""
    return quote(quote(name, safe=""), safe="").replace("%", "$")
