"""SageMaker's operations on tags."""

from __future__ import annotations

from typing import Any, Final

from local_test.emulator.arns import arn
from local_test.emulator.control.listing import cut
from local_test.emulator.control.resources import Resources, key_of
from local_test.emulator.control.tags import Tags
from local_test.emulator.store import Document

PAGE: Final = 50


class ResourceTags:
    """Add, list and delete. What isn't there has no tags and gets none."""

    def __init__(self, resources: Resources, tags: Tags) -> None:
        self._resources = resources
        self._tags = tags

    def add(self, region: str, members: dict[str, Any]) -> Document:
        """AddTags."""
        return {"Tags": self._tags.set(region, self._found(region, members), members["Tags"])}

    def list(self, region: str, members: dict[str, Any]) -> Document:
        """ListTags."""
        tags = self._tags.of(region, self._found(region, members))
        rows, token = cut(tags, members.get("MaxResults", PAGE), members.get("NextToken"), lambda tag: [tag["Key"]])
        return {"Tags": rows, **token}

    def delete(self, region: str, members: dict[str, Any]) -> Document:
        """DeleteTags."""
        self._tags.remove(region, self._found(region, members), members["TagKeys"])
        return {}

    def _found(self, region: str, members: dict[str, Any]) -> str:
        key = key_of(region, members["ResourceArn"])
        self._resources.get(key)
        return arn(key)
