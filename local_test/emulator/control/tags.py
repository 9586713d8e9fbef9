"""Tags of whatever has an ARN."""

from __future__ import annotations

from typing import Final

from local_test.emulator.errors import ValidationError
from local_test.emulator.store import Document, Key, Kind, Store

MAX_TAGS: Final = 50


class Tags:
    """The tags, by ARN: {"Key": …, "Value": …} each, in the order in which they were set first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, region: str, arn: str) -> list[Document]:
        """A resource's tags."""
        document = self._store.get(Key(Kind.TAGS, region, arn)) or {}
        return list(document.get("Tags", []))

    def check(self, tags: list[Document]) -> None:
        """Raises ValidationException for a key twice."""
        keys = [tag["Key"].lower() for tag in tags]
        if len(set(keys)) < len(keys):
            raise ValidationError("Duplicate tag keys found. Please note that Tag keys are case insensitive.")

    def set(self, region: str, arn: str, tags: list[Document]) -> list[Document]:
        """Set these beside the others; all of them. Raises ValidationException for a key twice, and for too many."""
        self.check(tags)
        merged = {tag["Key"]: tag for tag in [*self.of(region, arn), *tags]}
        if len(merged) > MAX_TAGS:
            raise ValidationError(f"Too many tags: a resource can have {MAX_TAGS} at most.")
        return self._put(region, arn, list(merged.values()))

    def remove(self, region: str, arn: str, keys: list[str]) -> None:
        """Remove those with these keys; the others stay."""
        self._put(region, arn, [tag for tag in self.of(region, arn) if tag["Key"] not in keys])

    def forget(self, region: str, arn: str) -> None:
        """The resource is gone, and its tags with it."""
        self._store.delete(Key(Kind.TAGS, region, arn))

    def _put(self, region: str, arn: str, tags: list[Document]) -> list[Document]:
        if tags:
            self._store.put(Key(Kind.TAGS, region, arn), {"Tags": tags})
        else:
            self.forget(region, arn)
        return tags
