"""What botocore raises, said as our errors: which call, what AWS answered, and the command that mends it."""

from __future__ import annotations

from typing import Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from deploy.errors import AwsError, DeployError, Missing

_LOG_IN: Final = "Log in again: aws sso login (or aws configure), then the same command."
_EXPIRED: Final = {
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException",
}  # fmt: skip
_NOT_FOUND: Final = {
    "ResourceNotFound", "ResourceNotFoundException", "NoSuchEntity", "NoSuchBucket", "NoSuchKey", "404", "NotFound",
    "RepositoryNotFoundException", "ImageNotFoundException", "ObjectNotFoundException",
}  # fmt: skip
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
_THROTTLED: Final = {
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
}


def code_of(error: ClientError) -> str:
    """AWS's name for the error, as in ValidationException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """AWS's words for the error."""
    return str(error.response.get("Error", {}).get("Message", "")).strip() or "no reason was given"


def is_throttling(error: ClientError) -> bool:
    """Whether AWS asks to slow down."""
    return code_of(error) in _THROTTLED


def says_not_found(error: ClientError) -> bool:
    """Whether the thing asked for isn't there: services say so in a dozen ways."""
    code, message = code_of(error), message_of(error).lower()
    if code in _NOT_FOUND:
        return True
    return code in ("ValidationException", "ValidationError") and any(
        words in message for words in ("could not find", "does not exist", "cannot find", "not found")
    )


def translate(error: BaseException) -> DeployError | None:
    """Our error for one of botocore's; None for what isn't botocore's."""
    if isinstance(error, ClientError):
        return _client_error(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return Missing("No AWS credentials were found.", "Set them up: aws configure (or aws sso login)")
    if isinstance(error, NoRegionError):
        return Missing("No AWS region is set.", "Add --region, or export AWS_REGION, or run: aws configure")
    if isinstance(error, UnauthorizedSSOTokenError | TokenRetrievalError):
        return Missing(f"The AWS log-in has run out: {error}.", _LOG_IN)
    if isinstance(error, EndpointConnectionError | HTTPClientError):
        return AwsError(f"AWS can't be reached: {error}", "Check the network, --region and AWS_ENDPOINT_URL.")
    if isinstance(error, BotoCoreError | Boto3Error):
        return AwsError(f"{error}")
    return None


def _client_error(error: ClientError) -> DeployError:
    code, call = code_of(error), error.operation_name
    said = f"{call} was refused: {message_of(error)} ({code})"
    if code in _EXPIRED:
        return Missing(said, _LOG_IN)
    if code in _DENIED:
        return AwsError(said, "See what deploying needs: coppice policy deployer")
    if code == "ResourceLimitExceeded":
        return AwsError(said, "Ask for more in the Service Quotas console; see what there is: coppice doctor")
    if code in _THROTTLED:
        return AwsError(said, "AWS asked to slow down, and did so again each time; run the same command in a minute.")
    if code in ("InternalFailure", "InternalError", "ServiceUnavailable", "500", "503"):
        return AwsError(said, "That is AWS's side; run the same command again, it continues where it stopped.")
    return AwsError(said)
