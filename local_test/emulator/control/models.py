"""Models: an image, its artifact and its environment."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

from local_test.emulator.arns import arn
from local_test.emulator.aws import Aws
from local_test.emulator.control.listing import Listing
from local_test.emulator.control.packages import Packages
from local_test.emulator.control.resources import Resources, now
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ValidationError
from local_test.emulator.store import Document, Key, Kind

LISTING = Listing("Models", "ModelName")
ENVIRONMENT_BYTES: Final = 32 * 1024
"""Of all names and values of all containers together."""


class Models:
    """Create, describe, list and delete."""

    def __init__(self, resources: Resources, packages: Packages, model: Model, aws: Aws) -> None:
        self._resources = resources
        self._packages = packages
        self._model = model
        self._aws = aws

    def create(self, region: str, members: dict[str, Any]) -> Document:
        """CreateModel. A container of a model package is written with the package's image, artifact and environment."""
        if ("PrimaryContainer" in members) == bool(members.get("Containers")):
            raise ValidationError("Exactly one of PrimaryContainer and Containers must be specified.")
        document = self._model.answer("DescribeModel", members)
        if "PrimaryContainer" in members:
            document["PrimaryContainer"] = self._container(region, members["PrimaryContainer"])
        else:
            document["Containers"] = [self._container(region, container) for container in members["Containers"]]
        _check_environments(document.get("Containers") or [document["PrimaryContainer"]])
        key = Key(Kind.MODEL, region, members["ModelName"])
        document |= {"ModelArn": arn(key), "CreationTime": now()}
        document.setdefault("EnableNetworkIsolation", False)
        return {"ModelArn": self._resources.create(key, document, members.get("Tags"))}

    def describe(self, region: str, members: dict[str, Any]) -> Document:
        """DescribeModel."""
        return self._resources.get(Key(Kind.MODEL, region, members["ModelName"]))

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListModels."""
        documents = [document for _, document in self._resources.store.all(Kind.MODEL, region)]
        return LISTING.page(documents, members, lambda document: self._model.structure("ModelSummary", document))

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteModel. An endpoint that serves it goes on."""
        self._resources.delete(Key(Kind.MODEL, region, members["ModelName"]))
        return {}

    def _container(self, region: str, container: Document) -> Document:
        if ("Image" in container) == ("ModelPackageName" in container):
            raise ValidationError("Each container must specify exactly one of Image and ModelPackageName.")
        if "ModelPackageName" in container:
            container = self._packages.container(region, container)
        if "ModelDataUrl" in container and "ModelDataSource" in container:
            raise ValidationError("ModelDataUrl and ModelDataSource cannot both be specified for a container.")
        mode = container.get("Mode", "SingleModel")
        if mode == "SingleModel" and "ModelDataUrl" in container:
            self._find_artifact(region, container["ModelDataUrl"])
        return {**container, "Mode": mode}

    def _find_artifact(self, region: str, url: str) -> None:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        if not url.startswith("s3://"):
            return  # an https address of S3, which SageMaker reads as well
        try:
            self._aws.client("s3", region).head_object(Bucket=bucket, Key=key)
        except (ClientError, ParamValidationError) as error:  # the latter where the URL has no key
            raise ValidationError(f"Could not find model data at {url}.") from error


def _check_environments(containers: list[Document]) -> None:
    """The limit is documented, the words are ours."""
    parts = [part for container in containers for entry in container.get("Environment", {}).items() for part in entry]
    length = sum(len(part.encode()) for part in parts)
    if length > ENVIRONMENT_BYTES:
        raise ValidationError(
            f"The names and values of Environment have {length} bytes together; {ENVIRONMENT_BYTES} are allowed."
        )
