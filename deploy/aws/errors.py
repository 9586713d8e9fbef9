"""What botocore raises, said as our errors: which call, what AWS answered, and the command that mends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - its own, which a refused connection and a failed handshake are
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from deploy.errors import AwsError, DeployError, Missing, UsageError

T = TypeVar("T")
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
    return _one_line(error.response.get("Error", {}).get("Message", "")) or "no reason was given"


def is_throttling(error: ClientError) -> bool:
    """Whether AWS asks to slow down."""
    return code_of(error) in _THROTTLED


def is_denied(error: ClientError) -> bool:
    """Whether these credentials may not."""
    return code_of(error) in _DENIED


def says_not_found(error: ClientError) -> bool:
    """Whether the thing asked for isn't there: services say so in a dozen ways."""
    code, message = code_of(error), message_of(error).lower()
    if code in _NOT_FOUND:
        return True
    return code in ("ValidationException", "ValidationError") and any(
        words in message for words in ("could not find", "does not exist", "cannot find", "not found")
    )


def found(ask: Callable[[], T]) -> T | None:
    """What `ask` answers; None where AWS says that there is no such thing."""
    try:
        return ask()
    except ClientError as error:
        if says_not_found(error):
            return None
        raise


def translate(error: BaseException) -> DeployError | None:
    """Our error for one of botocore's; None for what isn't botocore's."""
    if isinstance(error, ClientError):
        return _client_error(error)
    said = _one_line(error).rstrip(".")
    if isinstance(error, NoCredentialsError):
        return Missing("No AWS credentials were found.", "Set them up: aws configure (or aws sso login)")
    if isinstance(error, PartialCredentialsError | CredentialRetrievalError):
        return Missing(f"The AWS credentials can't be used: {said}.", "Set them up: aws configure (or aws sso login)")
    if isinstance(error, SSOError | LoginError | TokenRetrievalError):
        return Missing(f"The AWS log-in has run out: {said}.", _LOG_IN)
    if isinstance(error, ProfileNotFound):
        return Missing(f"{said}.", "See the profiles there are: aws configure list-profiles")
    if isinstance(error, NoRegionError):
        return Missing("No AWS region is set.", "Add --region, or export AWS_REGION, or run: aws configure")
    if isinstance(error, InvalidRegionError):
        return UsageError(f"{said}.", "Name one as eu-west-1, with --region or AWS_REGION.")
    if isinstance(error, ConnectionError | HTTPClientError):
        return AwsError(f"AWS can't be reached: {said}.", "Check the network, --region and AWS_ENDPOINT_URL.")
    if isinstance(error, BotoCoreError | Boto3Error):
        return AwsError(f"{said}.")
    return None


def _one_line(said: object) -> str:
    return " ".join(str(said).split())


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
