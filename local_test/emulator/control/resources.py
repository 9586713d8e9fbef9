"""What SageMaker's resources have in common: where they lie, their ARNs, and how their absence is said."""

from __future__ import annotations

import re
import time
from typing import Final, NamedTuple

from local_test.emulator.arns import arn
from local_test.emulator.control.tags import Tags
from local_test.emulator.errors import ServiceError, ValidationError
from local_test.emulator.store import Document, Key, Kind, Store

ARN: Final = re.compile(r"arn:aws[a-z-]*:sagemaker:(?P<region>[^:]*):(?P<account>\d+):(?P<kind>[a-z-]+)/(?P<name>.+)")


class Noun(NamedTuple):
    """How the service's messages speak of a kind of resource."""

    missing: str
    taken: str
    taken_code: str = "ValidationException"


_HOSTED: Final = ('Could not find {what} "{arn}".', 'Cannot create already existing {what} "{arn}".')
_WHAT: Final = {
    Kind.MODEL: "model",
    Kind.ENDPOINT_CONFIG: "endpoint configuration",
    Kind.ENDPOINT: "endpoint",
    Kind.TRANSFORM_JOB: "transform job",
    Kind.TRAINING_JOB: "training job",
    Kind.MODEL_PACKAGE_GROUP: "model package group",
    Kind.MODEL_PACKAGE: "model package",
}
_NOUNS: Final = {
    Kind.MODEL: Noun(*_HOSTED),
    Kind.ENDPOINT_CONFIG: Noun(*_HOSTED),
    Kind.ENDPOINT: Noun(*_HOSTED),
    Kind.TRANSFORM_JOB: Noun(
        "Requested resource not found.",
        "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
        "ResourceInUse",
    ),
    Kind.TRAINING_JOB: Noun(
        "Requested resource not found.",
        "Training job names must be unique within an AWS account and region, and a training job with this name already "
        "exists ({arn})",
        "ResourceInUse",
    ),
    Kind.MODEL_PACKAGE_GROUP: Noun(
        "ModelPackageGroup {arn} does not exist.", "Model Package Group already exists: {arn}"
    ),
    Kind.MODEL_PACKAGE: Noun("ModelPackage {arn} does not exist.", "Model Package already exists: {arn}"),
}


def now() -> float:
    """Seconds since 1970, to the millisecond, as SageMaker's answers have them."""
    return round(time.time(), 3)


def key_of(region: str, text: str) -> Key:
    """The resource of an ARN. Raises ValidationException for another region's, and for what has no such ARN."""
    found = ARN.fullmatch(text)
    if found is None or found["kind"] not in _WHAT:
        raise ValidationError(f'Could not find resource "{text}".')
    if found["region"] != region:
        raise ValidationError(f"ARN should be scoped to correct region: {region}")
    return Key(Kind(found["kind"]), region, found["name"])


def named(kind: Kind, region: str, name_or_arn: str) -> Key:
    """The resource of a name, or of an ARN where the service takes either."""
    return key_of(region, name_or_arn) if name_or_arn.startswith("arn:") else Key(kind, region, name_or_arn)


def missing(key: Key) -> ServiceError:
    """The refusal to speak of what isn't there."""
    return ValidationError(_NOUNS[key.kind].missing.format(what=_WHAT[key.kind], arn=arn(key)))


class Resources:
    """The store's documents, with their tags, and the service's refusals."""

    def __init__(self, store: Store, tags: Tags) -> None:
        self.store = store
        self._tags = tags

    def get(self, key: Key) -> Document:
        """Raises ValidationException where there is none."""
        document = self.store.get(key)
        if document is None:
            raise missing(key)
        return document

    def create(self, key: Key, document: Document, tags: list[Document] | None) -> str:
        """Write it with its tags; the ARN. Raises the service's refusal where the name is taken."""
        self._tags.check(tags or [])
        if not self.store.create(key, document):
            noun = _NOUNS[key.kind]
            raise ServiceError(noun.taken_code, noun.taken.format(what=_WHAT[key.kind], arn=arn(key)))
        self._tags.set(key.region, arn(key), tags or [])
        return arn(key)

    def delete(self, key: Key) -> None:
        """Remove it with its tags. Raises ValidationException where there is none."""
        if not self.store.delete(key):
            raise missing(key)
        self.forget_tags(key)

    def forget_tags(self, key: Key) -> None:
        """Of what is gone, or going."""
        self._tags.forget(key.region, arn(key))
