"""The objects that a job reads, and where the answers of each go."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any, Final, NamedTuple

from local_test.emulator.batch.settings import Job

_MISSING: Final = (
    'ClientError: Data download failed:No S3 objects found under S3 URL "{}" given in input data source. Please ensure '
    "that the bucket exists in the selected region, that objects exist under that S3 prefix, and that the role has "
    '"s3:ListBucket" permissions on the bucket.'
)


class InputError(Exception):
    """The job's input can't be read; the message is its FailureReason."""


class Place(NamedTuple):
    """A bucket and a key, or what keys begin with."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


class Source(NamedTuple):
    """An object, and the name that its answers have below the output's prefix, without `.out`."""

    place: Place
    name: str


def place(uri: str) -> Place:
    """The parts of s3://BUCKET/KEY."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return Place(bucket, key)


def sources(s3: Any, job: Job) -> list[Source]:
    """The objects below the prefix, or those that the manifest names. Raises InputError where there are none."""
    found = _of_manifest(s3, job.source) if job.source_type == "ManifestFile" else _below(s3, job.source)
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


def _below(s3: Any, uri: str) -> list[Source]:
    bucket, prefix = place(uri)
    folder = prefix.rstrip("/") + "/"
    beside = prefix.rpartition("/")[0]
    found = []
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for key in (entry["Key"] for entry in page.get("Contents", ())):
                start = folder if key.startswith(folder) and prefix else beside
                if not key.endswith("/"):
                    found.append(Source(Place(bucket, key), key.removeprefix(start).lstrip("/")))
    except s3.exceptions.ClientError:
        return []
    return found


def _of_manifest(s3: Any, uri: str) -> list[Source]:
    manifest = place(uri)
    try:
        lines = json.loads(s3.get_object(Bucket=manifest.bucket, Key=manifest.key)["Body"].read())
        bucket, prefix = place(lines[0]["prefix"])
        names = [str(name) for name in lines[1:]]
    except s3.exceptions.ClientError:
        return []
    except (ValueError, LookupError, TypeError):
        raise InputError(
            f'ClientError: {manifest} is no manifest: [{{"prefix": "s3://BUCKET/PREFIX/"}}, "name", …]'
        ) from None
    return [Source(Place(bucket, prefix + name), name.lstrip("/")) for name in names]
