"""Who we are in AWS, and what is there: region, credentials, clock, role, registry, image, quotas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar, Final

from deploy.aws.identity import Identity
from deploy.aws.quotas import Quota, Usage
from deploy.doctor.check import Result, failed, ok, skipped, warning
from deploy.endpoint import role
from deploy.endpoint.names import DEFAULT_ROLE

_SKEW_SECONDS: Final = 300
"""How far a clock may be off before AWS takes a signature for expired."""


@dataclass(frozen=True)
class Region:
    """A region is set, and SageMaker is there."""

    region: Callable[[], str]
    offered: Callable[[], Sequence[str]]
    name: ClassVar = "region"
    group: ClassVar = "Account"
    needs: ClassVar = ()
    blocks: ClassVar = True

    def run(self) -> Result:
        """Looks in botocore's list, without a call."""
        region, offered = self.region(), self.offered()
        if region in offered:
            return ok(region)
        near = get_close_matches(region, offered, n=1)
        return failed(
            f"{region!r} is no region that SageMaker is known to be in.",
            f"Add --region {near[0] if near else 'eu-west-1'}",
        )


@dataclass(frozen=True)
class Credentials:
    """AWS knows who we are."""

    identity: Callable[[], Identity]
    name: ClassVar = "credentials"
    group: ClassVar = "Account"
    needs: ClassVar = ("region",)
    blocks: ClassVar = True

    def run(self) -> Result:
        """Asks STS."""
        who = self.identity()
        return ok(f"{who.arn} (account {who.account})")


@dataclass(frozen=True)
class Clock:
    """This machine's clock is near AWS's, which every signature needs."""

    identity: Callable[[], Identity]
    name: ClassVar = "clock"
    group: ClassVar = "Account"
    needs: ClassVar = ("credentials",)
    blocks: ClassVar = False

    def run(self) -> Result:
        """Compares with the time in STS's answer."""
        seconds = self.identity().clock_ahead_seconds
        if seconds is None:
            return skipped("AWS's answer says no time")
        if abs(seconds) < _SKEW_SECONDS:
            return ok(f"within {max(1, round(abs(seconds)))} s of AWS's")
        way = "ahead of" if seconds > 0 else "behind"
        return warning(
            f"This clock is {abs(seconds):.0f} s {way} AWS's, who refuses signatures that are {_SKEW_SECONDS} s off.",
            "Set it: sudo timedatectl set-ntp true",
        )


@dataclass(frozen=True)
class Role:
    """The execution role is there, in this account, and SageMaker may assume it."""

    text: str | None
    roles: role.Roles
    account: Callable[[], str]
    name: ClassVar = "role"
    group: ClassVar = "Account"
    needs: ClassVar = ("credentials",)
    blocks: ClassVar = True

    def run(self) -> Result:
        """Looks the role up, by its name also where an ARN was given."""
        text = self.text or DEFAULT_ROLE
        name, account = text.rpartition("/")[2], self.account()
        if text.startswith("arn:") and f"::{account}:" not in text:
            return failed(role.elsewhere(text, account), f"Add --role {name}")
        found = self.roles.find(name)
        if found is None:
            return failed(role.missing(name), _make(name))
        arn, trust = found
        reason = role.distrusts(trust, account)
        if reason:
            return failed(f"SageMaker may not assume the role {name!r}: {reason}.", role.how_to_mend(name))
        return ok(f"{arn}, which SageMaker may assume")


def _make(name: str) -> str:
    return role.how_to_make(name) + ("" if name == DEFAULT_ROLE else f"\nthen the same command with --role {name}")


@dataclass(frozen=True)
class Registry:
    """ECR lets us log in, as pushing needs."""

    host: Callable[[], str]
    log_in: Callable[[], object]
    name: ClassVar = "ecr"
    group: ClassVar = "Account"
    needs: ClassVar = ("credentials",)
    blocks: ClassVar = True

    def run(self) -> Result:
        """Asks for a token, and forgets it."""
        self.log_in()
        return ok(f"{self.host()} lets us log in")


@dataclass(frozen=True)
class Quotas:
    """What the account may still host."""

    quotas: Callable[[], Sequence[Quota]]
    in_use: Callable[[], Usage | None]
    name: ClassVar = "quotas"
    group: ClassVar = "Account"
    needs: ClassVar = ("credentials",)
    blocks: ClassVar = False

    def run(self) -> Result:
        """Compares Service Quotas with the endpoints there are."""
        quotas = self.quotas()
        if not quotas:
            return warning("Service Quotas lists none for serverless endpoints here.")
        used = self.in_use()
        lines, full = [], []
        for quota in quotas:
            taken = None if used is None else used.concurrency if "concurren" in quota.name.lower() else used.endpoints
            lines.append(f"{quota.name}: {'' if taken is None else f'{taken} of '}{quota.value:g}")
            if taken is not None and taken >= quota.value:
                full.append(f"aws service-quotas request-service-quota-increase --service-code sagemaker "
                            f"--quota-code {quota.code} --desired-value {quota.value * 2:g}")  # fmt: skip
        found = "; ".join(lines)
        if used is None:
            found += " (these credentials may not see how much is in use)"
        return warning(f"Nothing is left for another endpoint: {found}.", "\n".join(full)) if full else ok(found)
