"""S3: addresses, and putting files there once."""

from __future__ import annotations

import datetime as dt
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from container.artifact.manifest import MANIFEST_FILE, Manifest
from deploy.aws.errors import code_of, found, says_not_found
from deploy.aws.session import Session
from deploy.errors import Missing, UsageError

_URI: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


_BUCKETS: Final = "A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens."


class S3Uri(NamedTuple):
    """`s3://BUCKET/KEY`; the key may be empty or a prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str, called: str = "An S3 address") -> S3Uri:
        """Read an address; raises UsageError that says `called` isn't one."""
        parts = _URI.fullmatch(text)
        if not parts:
            raise UsageError(f"{called} looks like s3://BUCKET/KEY; this is {text!r}.", _BUCKETS)
        return cls(parts[1], parts[2] or "")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Head(NamedTuple):
    """What S3 says of an object without sending it: its size in bytes and the tag that changes with its content."""

    bytes: int
    etag: str


class S3:
    """The buckets that one session sees. Archives go only to a bucket of its own account, whoever's name it has."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def default_bucket(self) -> str:
        """The bucket that SageMaker's SDK uses, too; the managed SageMaker policies let roles read it."""
        return f"sagemaker-{self._session.region}-{self._session.account}"

    def head(self, uri: S3Uri) -> Head | None:
        """What there is at `uri`, or None."""
        answer = found(lambda: self._session.s3.head_object(Bucket=uri.bucket, Key=uri.key))
        return Head(answer["ContentLength"], answer["ETag"].strip('"')) if answer else None

    def manifest(self, uri: S3Uri) -> Manifest | None:
        """The manifest of an archive, read from its stream; None for a bare model. Raises UsageError, ArtifactError."""
        body = self._session.s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
        try:
            with body, tarfile.open(fileobj=body, mode="r|gz") as tar:
                for member in tar:
                    if member.name.removeprefix("./") == MANIFEST_FILE and member.isfile():
                        content = tar.extractfile(member)
                        return Manifest.from_json(content.read()) if content else None
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise UsageError(f"{uri} is not a tar.gz archive: {error}.", "Pack the model: coppice pack.") from None
        return None

    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket is there and ours; raises Missing where it belongs to another account."""
        try:
            self._session.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=self._session.account)
        except ClientError as error:
            if says_not_found(error):
                return False
            if code_of(error) == "403":
                raise Missing(
                    f"The bucket {bucket} can't be used: it is another account's, or hidden from this one.",
                    "Choose another: --bucket NAME",
                ) from None
            raise
        return True

    def create_bucket(self, bucket: str) -> None:
        """A private bucket in the session's region. Encryption is S3's default."""
        if self._session.region == "us-east-1":
            self._session.s3.create_bucket(Bucket=bucket)
        else:
            where = {"LocationConstraint": self._session.region}
            self._session.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)  # type: ignore[arg-type]
        self._session.s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )

    def upload(self, file: Path, uri: S3Uri, tags: str = "") -> None:
        """Put a file there, in parts where it is big; `tags` are URL-encoded."""
        extra = {"ExpectedBucketOwner": self._session.account} | ({"Tagging": tags} if tags else {})
        try:
            self._session.s3.upload_file(str(file), uri.bucket, uri.key, ExtraArgs=extra)
        except S3UploadFailedError as error:
            raise error.__context__ or error from None  # what S3 said, without boto3's wrapping

    def put(self, uri: S3Uri, body: bytes, content_type: str) -> None:
        """Write an object that fits into memory."""
        self._session.s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=body, ContentType=content_type)

    def get(self, uri: S3Uri) -> tuple[bytes, str] | None:
        """An object's bytes and media type; None where there is none (yet)."""
        answer = found(lambda: self._session.s3.get_object(Bucket=uri.bucket, Key=uri.key))
        return (answer["Body"].read(), answer.get("ContentType", "")) if answer else None

    def keys(self, prefix: S3Uri) -> Iterator[str]:
        """The keys below a prefix; raises Missing where there is no such bucket."""
        pages = self._session.s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
        try:
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"]
        except ClientError as error:
            if says_not_found(error):
                raise Missing(f"There is no bucket {prefix.bucket}.", "See yours: aws s3 ls") from None
            raise

    def changed_since(self, prefix: S3Uri, moment: dt.datetime) -> list[str]:
        """The keys below a prefix that were written at that time or later, in S3's order."""
        moment = moment.replace(microsecond=0)  # S3 counts in seconds
        pages = self._session.s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ()) if entry["LastModified"] >= moment]

    def first_bytes(self, uri: S3Uri, count: int) -> bytes:
        """The beginning of an object, at most `count` bytes."""
        return self._session.s3.get_object(Bucket=uri.bucket, Key=uri.key, Range=f"bytes=0-{count - 1}")["Body"].read()

    def delete(self, uri: S3Uri) -> None:
        """Remove one object; it may be gone already."""
        self._session.s3.delete_object(Bucket=uri.bucket, Key=uri.key)
