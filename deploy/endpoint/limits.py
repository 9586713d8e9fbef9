"""SageMaker's documented limits, checked before the first call. Each breach is one line that starts with the setting.

Sources: botocore's service models (patterns, lengths, ranges), the Developer Guide's pages on serverless endpoints
and on ContainerDefinition's environment, and the S3 User Guide's bucket naming rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from deploy.aws.tags import PREFIX
from deploy.endpoint.names import NAME_CHARS
from deploy.endpoint.spec import Instances, Network, Range, Serverless
from deploy.errors import LimitError

MEMORY_SIZES_MB: Final = (1024, 2048, 3072, 4096, 5120, 6144)
MAX_CONCURRENCY: Final = 200
DISK_BYTES: Final = 5 * 1024**3
"""A serverless endpoint's disk, which the unpacked model shares with /tmp."""
NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
ROLE_NAME: Final = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
ROLE_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
ROLE_CHARS: Final = 2048
IMAGE_CHARS: Final = 255
IMAGE_BYTES: Final = 10 * 1000**3
"""10 GB of a serverless endpoint's image. AWS doesn't say which GB, so it is the smaller."""
URL_CHARS: Final = 1024
ASYNC_URL_CHARS: Final = 512
VARIABLES: Final = 100
VARIABLE_BYTES: Final = 1024
ENVIRONMENT_BYTES: Final = 32 * 1024
TAGS: Final = 50
OUR_TAGS: Final = 8
TAG_KEY_CHARS: Final = 128
TAG_VALUE_CHARS: Final = 256
SUBNETS: Final = 16
SECURITY_GROUPS: Final = 5
_TAG_MARKS: Final = "_.:/=+-@"
BUCKET: Final = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:\.?[a-z0-9-])+(?<=[a-z0-9])", re.ASCII)
BUCKET_CHARS: Final = 63
_VARIABLE: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NETWORK_ID: Final = re.compile(r"[-0-9a-zA-Z]{1,32}")


def check_name(name: str, called: str = "name") -> None:
    """An endpoint's, model's, group's or job's name."""
    if len(name) > NAME_CHARS or not NAME.fullmatch(name):
        raise LimitError(
            f"{called} takes up to {NAME_CHARS} letters, digits and hyphens, but no hyphen at either end; "
            f"this is {name!r}."
        )


def check_serverless(hosting: Serverless) -> None:
    """Memory size, concurrency and provisioned concurrency."""
    if hosting.memory_mb not in MEMORY_SIZES_MB:
        sizes = ", ".join(map(str, MEMORY_SIZES_MB))
        raise LimitError(f"memory takes one of {sizes} (MB); this is {hosting.memory_mb}.")
    if not 1 <= hosting.max_concurrency <= MAX_CONCURRENCY:
        raise LimitError(f"max-concurrency takes 1 to {MAX_CONCURRENCY}; this is {hosting.max_concurrency}.")
    if hosting.provisioned is None:
        return
    _check_range("provisioned", hosting.provisioned, lowest=1)
    if hosting.provisioned.maximum > hosting.max_concurrency:
        raise LimitError(
            f"provisioned takes at most max-concurrency, which is {hosting.max_concurrency}; "
            f"this is {hosting.provisioned}."
        )


def check_share(target: float) -> None:
    """The share of provisioned concurrency in use that autoscaling holds."""
    if not 0 < target <= 1:
        raise LimitError(f"scale-at takes a share of provisioned concurrency, as 0.7; this is {target:g}.")


def check_instances(hosting: Instances, types: frozenset[str]) -> None:
    """Instance type, one of `types`, and how many. An asynchronous endpoint may scale to none."""
    if hosting.type not in types:
        from difflib import get_close_matches

        near = get_close_matches(hosting.type, sorted(types), n=1)
        raise LimitError(
            f"instance-type takes one of SageMaker's, as ml.m5.large; this is {hosting.type!r}.",
            f"Did you mean {near[0]!r}?" if near else "A type newer than the installed boto3? Upgrade boto3.",
        )
    _check_range("instances", hosting.count, lowest=0 if hosting.async_output else 1)
    if hosting.count.maximum < 1:
        raise LimitError("instances takes at least one as its maximum; this is 0.")
    if hosting.async_output and len(str(hosting.async_output)) > ASYNC_URL_CHARS:
        raise LimitError(f"async takes an address of up to {ASYNC_URL_CHARS} characters.")


def _check_range(called: str, found: Range, lowest: int) -> None:
    if found.minimum < lowest or found.maximum < found.minimum:
        raise LimitError(f"{called} takes a number or MIN..MAX, from {lowest} up; this is {found}.")


def check_environment(environment: Mapping[str, str]) -> None:
    """The container's variables: how many, their names and their sizes in bytes."""
    if len(environment) > VARIABLES:
        raise LimitError(f"env takes up to {VARIABLES} variables; these are {len(environment)}.")
    for name, value in environment.items():
        if not _VARIABLE.fullmatch(name):
            raise LimitError(
                f"env: a name has letters, digits and underscores and starts with none of the digits: {name[:40]!r}."
            )
        for called, text in (("name", name), ("value", value)):
            if len(text.encode()) > VARIABLE_BYTES:
                size = len(text.encode())
                raise LimitError(f"env: {name[:40]}'s {called} takes up to {VARIABLE_BYTES} bytes; this has {size:,}.")
    total = sum(len(name.encode()) + len(value.encode()) for name, value in environment.items())
    if total > ENVIRONMENT_BYTES:
        raise LimitError(f"env takes up to {ENVIRONMENT_BYTES:,} bytes in all; these have {total:,}.")


def check_tags(tags: Mapping[str, str]) -> None:
    """A person's own tags: how many, their characters, and no prefix that is AWS's or ours."""
    if len(tags) > TAGS - OUR_TAGS:
        raise LimitError(
            f"tags takes up to {TAGS - OUR_TAGS} ({TAGS}, less {OUR_TAGS} of ours); these are {len(tags)}."
        )
    for key, value in tags.items():
        if not 1 <= len(key) <= TAG_KEY_CHARS or not _taggable(key):
            raise LimitError(
                f"tags: a key takes 1 to {TAG_KEY_CHARS} letters, digits, spaces and .:/=+-@_: {key[:40]!r}."
            )
        if len(value) > TAG_VALUE_CHARS or not _taggable(value):
            raise LimitError(
                f"tags: {key[:40]!r} takes up to {TAG_VALUE_CHARS} letters, digits, spaces, .:/=+-@_: {value[:40]!r}."
            )
        if key.lower().startswith(("aws:", PREFIX)):
            raise LimitError(f"tags: {key!r} has a prefix that is kept for {'AWS' if key[0] in 'aA' else 'Coppice'}.")


def _taggable(text: str) -> bool:
    return all(char in _TAG_MARKS or unicodedata.category(char)[0] in "LNZ" for char in text)


def check_network(network: Network) -> None:
    """Subnets and security groups."""
    for called, ids, most in (
        ("subnets", network.subnets, SUBNETS),
        ("security-groups", network.security_groups, SECURITY_GROUPS),
    ):
        if not 1 <= len(ids) <= most:
            raise LimitError(f"{called} takes 1 to {most}; these are {len(ids)}.")
        for text in ids:
            if not _NETWORK_ID.fullmatch(text):
                raise LimitError(f"{called} takes ids of letters, digits and hyphens; this is {text!r}.")


def check_role(role: str) -> None:
    """A role's name or ARN. A name may have its path before it."""
    name = role.rpartition("/")[2]
    good = ROLE_ARN.fullmatch(role) and len(role) <= ROLE_CHARS if ":" in role else ROLE_NAME.fullmatch(name)
    if not good:
        raise LimitError(
            f"role takes a role's name or ARN, as arn:aws:iam::123456789012:role/NAME; this is {role[:80]!r}."
        )


def check_bucket(name: str) -> None:
    """A bucket's name."""
    if not 3 <= len(name) <= BUCKET_CHARS or not BUCKET.fullmatch(name):
        raise LimitError(
            f"bucket takes a bucket's name: 3 to {BUCKET_CHARS} lower-case letters, digits, hyphens and dots; "
            f"this is {name[:80]!r}."
        )


def check_image(uri: str) -> None:
    """An image's address."""
    if not uri or len(uri) > IMAGE_CHARS or re.search(r"\s", uri):
        raise LimitError(
            f"image takes an address of up to {IMAGE_CHARS} characters without spaces; this is {uri[:60]!r}."
        )


def check_unpacked(size: int) -> None:
    """The unpacked model, in bytes, on a serverless endpoint's disk."""
    if size > DISK_BYTES:
        raise LimitError(
            f"The unpacked model has {size:,} bytes; a serverless endpoint's disk has {DISK_BYTES:,}.",
            "Leave the estimator out (coppice pack --no-source), or take --instance-type.",
        )
