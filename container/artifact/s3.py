"""Fetches one object from S3, where the image was built with boto3 (--build-arg S3=1). Nothing else here speaks AWS."""

from __future__ import annotations

from pathlib import Path

from container.errors import ScriptError


def download(address: str, folder: Path) -> Path:
    """The object at `s3://bucket/key` as a file in `folder`; raises ScriptError."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise ScriptError(
            f"The code is at {address}, and boto3, which could fetch it, isn't in this image.",
            "Build the image with --build-arg S3=1, or pass the code in the model, a folder or the channel `code`.",
        ) from None
    bucket, _, key = address.removeprefix("s3://").partition("/")
    target = folder / (Path(key).name or "code")
    try:
        boto3.client("s3").download_file(bucket, key, str(target))
    except (BotoCoreError, ClientError, ValueError) as error:
        raise ScriptError(
            f"The code at {address} can't be fetched: {error}.",
            "See that it is there, and that the role may read it (s3:GetObject).",
        ) from None
    return target
