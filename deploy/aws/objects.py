"""S3 objects that fit into memory: what an asynchronous endpoint takes and answers."""

from __future__ import annotations

from botocore.exceptions import ClientError

from deploy.aws.errors import says_not_found
from deploy.aws.s3 import S3Uri
from deploy.aws.session import Session


class Objects:
    """Bodies in S3, whole."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, uri: S3Uri, body: bytes, content_type: str) -> None:
        """Write an object."""
        self._session.s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=body, ContentType=content_type)

    def get(self, uri: S3Uri) -> tuple[bytes, str] | None:
        """An object's bytes and media type; None where there is none (yet)."""
        try:
            found = self._session.s3.get_object(Bucket=uri.bucket, Key=uri.key)
        except ClientError as error:
            if says_not_found(error):
                return None
            raise
        return found["Body"].read(), found.get("ContentType", "")
