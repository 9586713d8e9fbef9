"""Transform jobs: what they should do. `batch` does it, and writes what came of it into the same document."""

from __future__ import annotations

from typing import Any, Final

from local_test.emulator.arns import arn
from local_test.emulator.batch.transforms import Transforms
from local_test.emulator.control.listing import Listing
from local_test.emulator.control.resources import Resources, missing, now
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ValidationError
from local_test.emulator.store import Document, Key, Kind

LISTING: Final = Listing("TransformJobSummaries", "TransformJobName", status="TransformJobStatus")
MAX_PAYLOAD_MB: Final = 100
DEFAULT_PAYLOAD_MB: Final = 6


class TransformJobs:
    """Create, describe, list and stop."""

    def __init__(self, resources: Resources, transforms: Transforms, model: Model) -> None:
        self._resources = resources
        self._transforms = transforms
        self._model = model

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateTransformJob."""
        _check_payload(members)
        self._resources.get(Key(Kind.MODEL, region, members["ModelName"]))
        key = Key(Kind.TRANSFORM_JOB, region, members["TransformJobName"])
        time = now()
        document = {
            **self._model.answer("DescribeTransformJob", members),
            "TransformJobArn": arn(key),
            "TransformJobStatus": "InProgress",
            "CreationTime": time,
            "LastModifiedTime": time,
        }
        made = self._resources.create(key, document, members.get("Tags"))
        self._transforms.run(key)
        return {"TransformJobArn": made}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeTransformJob."""
        return self._resources.get(Key(Kind.TRANSFORM_JOB, region, members["TransformJobName"]))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListTransformJobs."""
        documents = [document for _, document in self._resources.store.all(Kind.TRANSFORM_JOB, region)]
        return LISTING.page(documents, members, lambda document: self._model.structure("TransformJobSummary", document))

    def stop(self, region: str, members: dict[str, Any]) -> Document:
        """StopTransformJob."""
        key = Key(Kind.TRANSFORM_JOB, region, members["TransformJobName"])

        def stop(document: Document) -> None:
            status = document["TransformJobStatus"]
            if status != "InProgress":
                raise ValidationError(f"The request was rejected because the transform job is in status {status}.")
            document |= {"TransformJobStatus": "Stopping", "LastModifiedTime": now()}

        if self._resources.store.change(key, stop) is None:
            raise missing(key)
        self._transforms.stop(key)
        return {}


def _check_payload(members: dict[str, Any]) -> None:
    """Documented: at most 100 MB, and so for all concurrent transforms together. The words are ours."""
    payload = members.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    if payload * max(members.get("MaxConcurrentTransforms", 1), 1) > MAX_PAYLOAD_MB:
        raise ValidationError(
            f"The product of MaxConcurrentTransforms and MaxPayloadInMB cannot exceed {MAX_PAYLOAD_MB} MB."
        )
