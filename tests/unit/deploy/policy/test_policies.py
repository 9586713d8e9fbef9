"""The policies name every action that is called and no other, and every resource that can be named."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest
from authorization import RESOURCES, kind
from aws_calls import called

from deploy.aws.autoscaling import waking_alarm
from deploy.aws.s3 import S3Uri
from deploy.endpoint.names import artifact_prefix, derived
from deploy.errors import UsageError
from deploy.policy.deployer import MANAGED_POLICY_CHARS, deployer, size
from deploy.policy.execution import execution, trust
from deploy.policy.scope import Scope

HERE = Scope("123456789012", "eu-west-1", endpoint="churn")
EVERYWHERE = Scope("123456789012", "eu-west-1")
DATA = Scope(
    "123456789012",
    "eu-west-1",
    endpoint="churn",
    reads=(S3Uri("in", "rows/"),),
    writes=(S3Uri("out", ""),),
    asynchronous=S3Uri("later", "answers"),
)

OTHERWISE_NAMED = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""Operations whose permission has another name, by the S3 API reference."""

WITHOUT_PERMISSION = {"sts:GetCallerIdentity": "STS answers everybody"}

BEYOND_CALLS = {
    "iam:PassRole": "CreateModel, with the execution role",
    "iam:CreateServiceLinkedRole": "the first RegisterScalableTarget of an account",
    "cloudwatch:TagResource": "PutMetricAlarm, with tags",
    "cloudwatch:DescribeAlarms": "PutScalingPolicy, which makes the alarms of target tracking",
    "s3:PutObject": "upload_file",
    "s3:PutObjectTagging": "upload_file, with tags",
    "s3:AbortMultipartUpload": "upload_file, when it fails",
    "ecr:TagResource": "CreateRepository, with tags",
    "ecr:BatchCheckLayerAvailability": "docker push",
    "ecr:InitiateLayerUpload": "docker push",
    "ecr:UploadLayerPart": "docker push",
    "ecr:CompleteLayerUpload": "docker push",
    "ecr:PutImage": "docker push",
    "ecr:BatchGetImage": "docker pull, to look at what was pushed",
    "ecr:GetDownloadUrlForLayer": "docker pull",
}


def statements(policy):
    return policy["Statement"]


def actions(policy):
    return {action for statement in statements(policy) for action in statement["Action"]}


def permits(policy, action, arn):
    return any(
        action in statement["Action"] and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        for statement in statements(policy)
    )


def test_the_deployer_may_do_what_is_called_and_nothing_else():
    needed = {OTHERWISE_NAMED.get(action, action) for action in called()} - set(WITHOUT_PERMISSION)
    assert needed - actions(deployer(HERE)) == set()
    assert actions(deployer(HERE)) - needed - set(BEYOND_CALLS) == set()


@pytest.mark.parametrize("scope", [HERE, EVERYWHERE, DATA])
@pytest.mark.parametrize("write", [deployer, execution])
def test_a_star_stands_only_for_what_cannot_be_named(scope, write):
    for statement in statements(write(scope)):
        for action in statement["Action"]:
            if RESOURCES[action] is None:
                assert statement["Resource"] == ["*"], action
                assert "HaveNoResource" in statement["Sid"] or "HasNoResource" in statement["Sid"]
            else:
                assert "*" not in statement["Resource"], action


@pytest.mark.parametrize("policy", [deployer(HERE), deployer(DATA), execution(HERE), execution(DATA)])
def test_every_action_has_a_resource_of_each_type_it_takes(policy):
    for statement in statements(policy):
        kinds = {kind(arn) for arn in statement["Resource"] if arn != "*"}
        for action in statement["Action"]:
            if (wanted := RESOURCES[action]) and statement["Resource"] != ["*"]:
                assert kinds & set(wanted), f"{action} in {statement['Sid']}"


@pytest.mark.parametrize("policy", [deployer(DATA), execution(DATA)])
def test_no_action_is_a_pattern_and_no_sid_comes_twice(policy):
    assert not [action for action in actions(policy) if "*" in action]
    sids = [statement["Sid"] for statement in statements(policy)]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)


def test_what_a_deploy_makes_is_permitted_and_anothers_is_not():
    policy = deployer(HERE)
    model = HERE.arn("sagemaker", f"model/{derived('churn', 1)}")
    assert permits(policy, "sagemaker:CreateModel", model)
    assert permits(policy, "sagemaker:UpdateEndpoint", HERE.arn("sagemaker", "endpoint/churn"))
    assert not permits(policy, "sagemaker:UpdateEndpoint", HERE.arn("sagemaker", "endpoint/other"))
    key = f"arn:aws:s3:::sagemaker-eu-west-1-123456789012/{artifact_prefix('churn')}abc/model.tar.gz"
    assert permits(policy, "s3:PutObject", key)
    assert permits(execution(HERE), "s3:GetObject", key)
    assert not permits(execution(HERE), "s3:GetObject", key.replace("churn", "other"))
    assert not permits(execution(HERE), "s3:PutObject", key)


def test_a_long_name_is_cut_off_in_the_pattern_as_it_is_in_the_names():
    scope = Scope("123456789012", "eu-west-1", endpoint="n" * 63)
    assert permits(deployer(scope), "sagemaker:CreateModel", scope.arn("sagemaker", f"model/{derived('n' * 63, 1)}"))


def test_sagemaker_writes_its_arns_in_lower_case():
    scope = Scope("123456789012", "eu-west-1", endpoint="Churn")
    for name in ("Churn", "churn"):
        assert permits(deployer(scope), "sagemaker:InvokeEndpoint", scope.arn("sagemaker", f"endpoint/{name}"))


def test_only_what_carries_our_tag_is_deleted():
    deletes = [s for s in statements(deployer(HERE)) if any(a.startswith("sagemaker:Delete") for a in s["Action"])]
    ours = {"Null": {"aws:ResourceTag/coppice:endpoint": "false"}}
    assert [s["Condition"] for s in deletes if "sagemaker:DeleteModel" in s["Action"]] == [ours]


def test_the_alarm_that_wakes_an_endpoint_may_be_made_and_removed():
    for action in ("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:DeleteAlarms"):
        assert permits(deployer(HERE), action, HERE.arn("cloudwatch", f"alarm:{waking_alarm('churn')}"))
        assert not permits(deployer(HERE), action, HERE.arn("cloudwatch", f"alarm:{waking_alarm('other')}"))


def test_the_role_is_passed_to_sagemaker_only():
    passing = [s for s in statements(deployer(HERE)) if s["Action"] == ["iam:PassRole"]]
    assert [s["Resource"] for s in passing] == [["arn:aws:iam::123456789012:role/coppice-execution"]]
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_the_role_reads_input_and_writes_output_where_it_was_told():
    policy = execution(DATA)
    for action, arn, allowed in (
        ("s3:GetObject", "arn:aws:s3:::in/rows/1.csv", True),
        ("s3:GetObject", "arn:aws:s3:::in/else/1.csv", False),
        ("s3:PutObject", "arn:aws:s3:::in/rows/1.csv", False),
        ("s3:PutObject", "arn:aws:s3:::out/1.out", True),
        ("s3:PutObject", "arn:aws:s3:::later/answers/1", True),
        ("s3:GetObject", "arn:aws:s3:::later/answers/1", True),
    ):
        assert permits(policy, action, arn) is allowed, (action, arn)
    assert "TransformJobs" not in json.dumps(execution(HERE))
    assert "TransformJobs" in json.dumps(policy)


def test_trust_is_in_sagemaker_for_this_account():
    (statement,) = statements(trust(HERE))
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


@pytest.mark.parametrize("name", ["*", "churn", "a" * 63])
def test_the_deployers_policy_is_short_enough_to_be_a_managed_one(name):
    scope = Scope("123456789012", "ap-southeast-1", endpoint=name, role="r" * 64, repository="r" * 60, bucket="b" * 63)
    assert size(deployer(scope)) <= MANAGED_POLICY_CHARS


def test_other_partitions():
    scope = Scope("123456789012", "cn-north-1", "aws-cn", "churn")
    text = json.dumps([deployer(scope), execution(scope), trust(scope)])
    assert set(re.findall(r"arn:([a-z-]+):", text)) == {"aws-cn"}


@pytest.mark.parametrize(
    ("wrong", "flag"),
    [
        ({"account": "12"}, "--account"),
        ({"region": "europe"}, "--region"),
        ({"endpoint": "-x"}, "--name"),
        ({"endpoint": "x:y"}, "--name"),
        ({"bucket": "B"}, "--bucket"),
        ({"repository": "A"}, "--repository"),
        ({"role": "a b"}, "--role"),
        ({"group": "a/b"}, "--group"),
    ],
)
def test_a_name_that_is_none_is_refused(wrong, flag):
    with pytest.raises(UsageError, match=flag):
        Scope(**({"account": "123456789012", "region": "eu-west-1"} | wrong))
