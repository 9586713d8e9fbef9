"""S3's addresses and buckets; IAM's roles, which are looked up as simply."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from stubbed import Stubbed

from deploy.aws.iam import IAM
from deploy.aws.s3 import S3, Head, S3Uri
from deploy.errors import Missing, UsageError


@pytest.fixture
def aws():
    stubbed = Stubbed("s3")
    stubbed.session.account = "123456789012"  # known, so STS isn't asked
    yield stubbed
    stubbed.done()


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://bkt", ("bkt", "")),
        ("s3://bkt/", ("bkt", "")),
        ("s3://b.k-t/a//b c/", ("b.k-t", "a//b c/")),
    ],
)
def test_an_address(text, uri):
    assert S3Uri.parse(text) == uri


@pytest.mark.parametrize(
    "text", ["", "bkt/k", "s3:/bkt/k", "s3://", "s3:///k", "s3://Bkt/k", "s3://b/k", "s3://bkt/a\nb"]
)
def test_no_address(text):
    with pytest.raises(UsageError) as caught:
        S3Uri.parse(text, "model")
    assert caught.value.message == f"model looks like s3://BUCKET/KEY; this is {text!r}."


@given(st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True), st.text("abc/.-_ é"))
def test_an_address_is_read_as_it_was_written(bucket, key):
    assert S3Uri.parse(str(S3Uri(bucket, key))) == (bucket, key)


def test_what_is_at_an_address(aws):
    where = {"Bucket": "bkt", "Key": "k"}
    aws.expect("head_object", where, {"ContentLength": 5, "ETag": '"abc-2"'})
    assert S3(aws.session).head(S3Uri("bkt", "k")) == Head(5, "abc-2")
    aws.refuse("head_object", "404")
    assert S3(aws.session).head(S3Uri("bkt", "k")) is None
    aws.refuse("head_object", "403")
    with pytest.raises(ClientError, match="403"):
        S3(aws.session).head(S3Uri("bkt", "k"))


def test_whose_a_bucket_is(aws):
    aws.expect("head_bucket", {"Bucket": "bkt", "ExpectedBucketOwner": "123456789012"})
    assert S3(aws.session).bucket_exists("bkt")
    aws.refuse("head_bucket", "404")
    assert not S3(aws.session).bucket_exists("bkt")
    aws.refuse("head_bucket", "403")
    with pytest.raises(Missing, match="The bucket bkt can't be used") as caught:
        S3(aws.session).bucket_exists("bkt")
    assert "--bucket" in caught.value.hint
    aws.refuse("head_bucket", "500")
    with pytest.raises(ClientError):
        S3(aws.session).bucket_exists("bkt")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_is_made_where_the_endpoint_will_be_and_private(aws, region):
    aws.session.region = region
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    aws.expect("create_bucket", {"Bucket": "bkt", **where})
    closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    aws.expect(
        "put_public_access_block",
        {"Bucket": "bkt", "PublicAccessBlockConfiguration": dict.fromkeys(closed, True)},
    )
    S3(aws.session).create_bucket("bkt")


def test_an_upload_that_s3_refuses_is_said_in_its_words(aws, tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    aws.refuse("put_object", "AccessDenied", "not yours")
    with pytest.raises(ClientError, match="not yours"):
        S3(aws.session).upload(tmp_path / "m", S3Uri("bkt", "k"))


def test_a_role_is_looked_up_without_its_path():
    aws = Stubbed("iam")
    arn = "arn:aws:iam::123456789012:role/service-role/r"
    role = {"Path": "/service-role/", "RoleName": "r", "RoleId": "A" * 16, "Arn": arn, "CreateDate": 0}
    aws.expect("get_role", {"RoleName": "r"}, {"Role": {**role, "AssumeRolePolicyDocument": "{}"}})
    aws.refuse("get_role", "NoSuchEntity")
    aws.refuse("get_role", "AccessDenied")
    roles = IAM(aws.session)
    found = roles.find("service-role/r")
    assert found is not None
    assert found[0] == arn
    assert roles.find("r") is None
    with pytest.raises(ClientError, match="AccessDenied"):
        roles.find("r")
    aws.done()
