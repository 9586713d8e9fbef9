"""What botocore raises, as people read it: one line, a way on, and the exit code."""

from __future__ import annotations

import boto3.exceptions
import botocore.exceptions as aws
import pytest

from deploy.aws.errors import code_of, is_throttling, message_of, says_not_found, translate
from deploy.errors import AwsError, Missing, UsageError


def refusal(code, message="no", operation="CreateModel"):
    return aws.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "kind", "message", "hint"),
    [
        (aws.NoCredentialsError(), Missing, "No AWS credentials were found.", "aws configure"),
        (
            aws.PartialCredentialsError(provider="env", cred_var="secret"),
            Missing,
            "The AWS credentials can't be used: Partial credentials found in env",
            "aws configure",
        ),
        (
            aws.CredentialRetrievalError(provider="process", error_msg="a\nb"),
            Missing,
            "The AWS credentials can't be used: Error when retrieving credentials from process: a b.",
            "aws configure",
        ),
        (aws.NoRegionError(), Missing, "No AWS region is set.", "--region"),
        (aws.ProfileNotFound(profile="p"), Missing, "The config profile (p) could not be found.", "list-profiles"),
        (aws.UnauthorizedSSOTokenError(), Missing, "The AWS log-in has run out: ", "aws sso login"),
        (aws.SSOTokenLoadError(error_msg="gone"), Missing, "The AWS log-in has run out: ", "aws sso login"),
        (aws.TokenRetrievalError(provider="sso", error_msg="x"), Missing, "The AWS log-in has run out: ", "aws sso"),
        (aws.LoginTokenLoadError(error_msg="gone"), Missing, "The AWS log-in has run out: ", "aws sso login"),
        (aws.InvalidRegionError(region_name="x y"), UsageError, "Provided region_name 'x y'", "eu-west-1"),
        (aws.EndpointConnectionError(endpoint_url="http://x"), AwsError, "AWS can't be reached: Could not", "network"),
        (aws.ConnectTimeoutError(endpoint_url="http://x"), AwsError, "AWS can't be reached: Connect", "network"),
        (aws.ReadTimeoutError(endpoint_url="http://x"), AwsError, "AWS can't be reached: Read", "network"),
        (aws.SSLError(endpoint_url="http://x", error="bad"), AwsError, "AWS can't be reached: SSL", "network"),
        (aws.ProxyConnectionError(proxy_url="http://x"), AwsError, "AWS can't be reached: Failed", "network"),
        (aws.ParamValidationError(report="a\nb"), AwsError, "Parameter validation failed: a b.", ""),
        (boto3.exceptions.S3UploadFailedError("Failed to upload"), AwsError, "Failed to upload.", ""),
    ],
)
def test_what_never_reached_aws(error, kind, message, hint):
    found = translate(error)
    assert type(found) is kind
    assert found.message.startswith(message)
    assert "\n" not in found.message
    assert not found.message.endswith("..")
    assert hint in found.hint


@pytest.mark.parametrize(
    ("code", "kind", "hint"),
    [
        ("ExpiredToken", Missing, "aws sso login"),
        ("ExpiredTokenException", Missing, "aws sso login"),
        ("InvalidClientTokenId", Missing, "aws sso login"),
        ("UnrecognizedClientException", Missing, "aws sso login"),
        ("SignatureDoesNotMatch", Missing, "aws sso login"),
        ("AccessDenied", AwsError, "coppice policy deployer"),
        ("AccessDeniedException", AwsError, "coppice policy deployer"),
        ("403", AwsError, "coppice policy deployer"),
        ("ResourceLimitExceeded", AwsError, "Service Quotas"),
        ("ThrottlingException", AwsError, "in a minute"),
        ("SlowDown", AwsError, "in a minute"),
        ("InternalFailure", AwsError, "continues where it stopped"),
        ("ServiceUnavailable", AwsError, "continues where it stopped"),
        ("ValidationException", AwsError, ""),
    ],
)
def test_what_aws_refused(code, kind, hint):
    found = translate(refusal(code, "because\n  of this"))
    assert type(found) is kind
    assert found.message == f"CreateModel was refused: because of this ({code})"
    assert hint in found.hint


def test_what_is_not_botocores_is_not_translated():
    assert translate(ValueError("x")) is None
    assert translate(ConnectionError("python's own")) is None


@pytest.mark.parametrize(
    "error",
    [
        *(refusal(code) for code in ("ResourceNotFound", "NoSuchEntity", "404", "RepositoryNotFoundException")),
        *(refusal(code) for code in ("NoSuchBucket", "ImageNotFoundException", "ObjectNotFoundException")),
        refusal("ValidationException", 'Could not find endpoint "e".'),
        refusal("ValidationError", "Stack does not exist"),
    ],
)
def test_what_is_not_there(error):
    assert says_not_found(error)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ValidationException", "1 validation error detected"),
        refusal("AccessDeniedException", "Could not find a policy"),
        refusal("403"),
    ],
)
def test_what_may_be_there(error):
    assert not says_not_found(error)


def test_an_answer_without_its_parts():
    bare = aws.ClientError({}, "X")
    assert (code_of(bare), message_of(bare)) == ("", "no reason was given")
    assert is_throttling(refusal("Throttling"))
    assert not is_throttling(bare)
