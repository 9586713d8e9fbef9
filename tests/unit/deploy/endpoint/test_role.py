"""The execution role: found by name, ARN or default, and only where SageMaker may assume it."""

from __future__ import annotations

import pytest

from deploy.endpoint.role import distrusts, resolve
from deploy.errors import LimitError, Missing, NotSupported

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:role/"
SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}
ALLOW = {"Effect": "Allow", "Principal": SAGEMAKER, "Action": "sts:AssumeRole"}


class Roles(dict):
    def find(self, name):
        return (ARN + name, self[name]) if name in self else None


ROLES = Roles({"coppice-execution": {"Statement": [ALLOW]}, "mine": {"Statement": ALLOW}, "other": {"Statement": []}})


def test_a_role_by_name_or_arn_or_none():
    assert resolve(None, ROLES, ACCOUNT) == ARN + "coppice-execution"
    assert resolve("mine", ROLES, ACCOUNT) == ARN + "mine"
    assert resolve(ARN + "any/where", ROLES, ACCOUNT) == ARN + "any/where"


def test_a_role_that_is_not_there():
    with pytest.raises(Missing, match="There is no role 'coppice-execution'") as caught:
        resolve(None, Roles(), ACCOUNT)
    assert "aws iam create-role --role-name coppice-execution" in caught.value.hint
    with pytest.raises(LimitError, match="role takes a role's name or ARN"):
        resolve("a b", ROLES, ACCOUNT)
    with pytest.raises(LimitError, match="role takes a role's name or ARN"):
        resolve("arn:aws:iam::123456789012:user/me", ROLES, ACCOUNT)


def test_a_role_of_another_account():
    with pytest.raises(NotSupported, match="another account's; IAM passes only roles of 123456789012"):
        resolve("arn:aws:iam::999999999999:role/coppice-execution", ROLES, ACCOUNT)


def test_a_role_that_sagemaker_may_not_assume():
    with pytest.raises(Missing, match="SageMaker may not assume the role 'other'") as caught:
        resolve("other", ROLES, ACCOUNT)
    assert "aws iam update-assume-role-policy --role-name other" in caught.value.hint


@pytest.mark.parametrize(
    "statement",
    [
        ALLOW,
        [ALLOW],
        [{**ALLOW, "Principal": {"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]}}],
        [{**ALLOW, "Principal": {"AWS": ARN + "me"}}, ALLOW],
        [{**ALLOW, "Action": ["sts:TagSession", "sts:AssumeRole"]}],
        [{**ALLOW, "Action": "sts:*"}],
        [{**ALLOW, "Action": "*"}],
        [{**ALLOW, "Action": "STS:assumerole"}],
        [ALLOW, {**ALLOW, "Effect": "Deny", "Principal": {"Service": "lambda.amazonaws.com"}}],
        [{**ALLOW, "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}],
    ],
)
def test_a_policy_that_trusts(statement):
    assert not distrusts({"Version": "2012-10-17", "Statement": statement}, "123456789012")


@pytest.mark.parametrize(
    "statement",
    [
        None,
        [],
        [{**ALLOW, "Effect": "Deny"}],
        [ALLOW, {**ALLOW, "Effect": "Deny"}],
        [{**ALLOW, "Action": "sts:TagSession"}],
        [{**ALLOW, "Principal": {"Service": "lambda.amazonaws.com"}, "Sid": "sagemaker.amazonaws.com"}],
        [{**ALLOW, "Principal": {"AWS": "sagemaker.amazonaws.com"}}],
        [{**ALLOW, "Principal": {"Service": "not-sagemaker.amazonaws.com"}}],
        [{**ALLOW, "Principal": "*"}],
    ],
)
def test_a_policy_that_does_not(statement):
    assert distrusts({"Version": "2012-10-17", "Statement": statement}, "123456789012")
