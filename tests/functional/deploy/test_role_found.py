"""A role as IAM gives it: its trust policy comes decoded."""

from __future__ import annotations

import json

import pytest
from cloud import ACCOUNT

from deploy.aws.iam import IAM
from deploy.aws.session import Session
from deploy.endpoint.role import resolve
from deploy.errors import Missing


@pytest.mark.parametrize(("service", "trusted"), [("sagemaker", True), ("lambda", False)])
def test_a_role_as_iam_gives_it(cloud, service, trusted):
    statement = {
        "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = cloud.client("iam").create_role(RoleName="mine", Path="/team/", AssumeRolePolicyDocument=policy)
    if trusted:
        assert resolve("mine", IAM(Session()), ACCOUNT) == made["Role"]["Arn"]
    else:
        with pytest.raises(Missing, match="SageMaker may not assume the role 'mine'"):
            resolve("mine", IAM(Session()), ACCOUNT)
