"""The objects that a job reads, and where the answers of each go."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, Final

from local_test.emulator.batch.settings import Job
from local_test.emulator.s3_objects import BadManifest, Place, Source, below, of_manifest, place

_MISSING: Final = (
    'ClientError: Data download failed:No S3 objects found under S3 URL "{}" given in input data source. Please ensure '
    "that the bucket exists in the selected region, that objects exist under that S3 prefix, and that the role has "
    '"s3:ListBucket" permissions on the bucket.'
)


class InputError(Exception):
    """The job's input can't be read; the message is its FailureReason."""


def sources(s3: Any, job: Job) -> list[Source]:
    """The objects below the prefix, or those that the manifest names. Raises InputError where there are none."""
    try:
        found = of_manifest(s3, job.source) if job.source_type == "ManifestFile" else below(s3, job.source)
    except BadManifest as error:
        raise InputError(f"ClientError: {error}") from None
    if not found:
        raise InputError(_MISSING.format(job.source))
    return found


def read(s3: Any, source: Source, unzip: bool) -> bytes:
    """An object's bytes. Raises InputError where they aren't gzip as they should be."""
    body: bytes = s3.get_object(Bucket=source.place.bucket, Key=source.place.key)["Body"].read()
    if not unzip:
        return body
    try:
        return gzip.decompress(body)
    except (EOFError, OSError, zlib.error):
        raise InputError(f"ClientError: {source.place} is not gzip, which CompressionType says.") from None


def target(job: Job, source: Source) -> Place:
    """Where its answers go."""
    bucket, prefix = place(job.output)
    prefix = prefix.rstrip("/")
    return Place(bucket, f"{prefix}/{source.name}.out" if prefix else f"{source.name}.out")
