"""Objects in S3 by prefix or by manifest, as jobs name their input."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A bucket and a key, or what keys begin with."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


class Source(NamedTuple):
    """An object, and its name below the prefix or in the manifest that named it."""

    place: Place
    name: str


class BadManifest(Exception):
    """A manifest that is none; the message says what one is."""


def place(uri: str) -> Place:
    """The parts of s3://BUCKET/KEY."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return Place(bucket, key)


def below(s3: Any, uri: str) -> list[Source]:
    """The objects whose keys begin with the prefix; none where the bucket isn't there."""
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


def of_manifest(s3: Any, uri: str) -> list[Source]:
    """The objects that a manifest names; none where it isn't there. Raises BadManifest."""
    manifest = place(uri)
    try:
        lines = json.loads(s3.get_object(Bucket=manifest.bucket, Key=manifest.key)["Body"].read())
        bucket, prefix = place(lines[0]["prefix"])
        names = [str(name) for name in lines[1:]]
    except s3.exceptions.ClientError:
        return []
    except (ValueError, LookupError, TypeError):
        raise BadManifest(f'{manifest} is no manifest: [{{"prefix": "s3://BUCKET/PREFIX/"}}, "name", …]') from None
    return [Source(Place(bucket, prefix + name), name.lstrip("/")) for name in names]
