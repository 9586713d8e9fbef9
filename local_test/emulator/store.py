"""What the emulator remembers, in one SQLite file: documents by kind, region and name. SIGKILL loses nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

Document = dict[str, Any]
"""In the shape of the service's Describe answers; times are seconds since 1970, as its JSON has them."""


class Kind(StrEnum):
    """The resources."""

    MODEL = "model"
    ENDPOINT_CONFIG = "endpoint-config"
    ENDPOINT = "endpoint"
    TRANSFORM_JOB = "transform-job"
    TRAINING_JOB = "training-job"
    MODEL_PACKAGE_GROUP = "model-package-group"
    MODEL_PACKAGE = "model-package"
    TAGS = "tags"
    """By the resource's ARN: {"Tags": [{"Key": …, "Value": …}]}."""
    SCALABLE_TARGET = "scalable-target"
    SCALING_POLICY = "scaling-policy"
    DEPLOYMENT = "deployment"
    """What of an endpoint runs, as hosting/plan.py has it: its configuration and models may have been deleted since."""
    SCALING_ACTIVITY = "scaling-activity"
    """In the shape of DescribeScalingActivities, by ActivityId."""
    ASYNC_REQUEST = "async-request"
    """Until it is done: `hosting.async_request.AsyncRequest`."""


class Key(NamedTuple):
    """Where a document lies."""

    kind: Kind
    region: str
    name: str


class Store:
    """Thread-safe; a change is the file's before the method returns. Documents are copies."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute("pragma journal_mode=wal")
        self._database.execute("pragma synchronous=normal")
        self._database.execute(
            "create table if not exists documents (kind, region, name, document, primary key (kind, region, name))"
        )

    def get(self, key: Key) -> Document | None:
        """The document, or None."""
        with self._lock:
            row = self._database.execute(
                "select document from documents where kind=? and region=? and name=?", key
            ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, key: Key, document: Document) -> None:
        """Write it, whatever was there."""
        with self._lock:
            self._database.execute("insert or replace into documents values (?, ?, ?, ?)", (*key, json.dumps(document)))

    def create(self, key: Key, document: Document) -> bool:
        """Write it unless the name is taken; whether it was written."""
        with self._lock:
            done = self._database.execute(
                "insert or ignore into documents values (?, ?, ?, ?)", (*key, json.dumps(document))
            )
            return done.rowcount == 1

    def change(self, key: Key, change: Callable[[Document], None]) -> Document | None:
        """Change it in place, in one step for all threads; the new document, or None where there is none."""
        with self._lock:
            document = self.get(key)
            if document is not None:
                change(document)
                self.put(key, document)
            return document

    def delete(self, key: Key) -> bool:
        """Whether there was one."""
        with self._lock:
            return (
                self._database.execute("delete from documents where kind=? and region=? and name=?", key).rowcount == 1
            )

    def all(self, kind: Kind, region: str | None = None) -> list[tuple[Key, Document]]:
        """Every document of a kind, by name; of one region, or of all."""
        with self._lock:
            rows = self._database.execute(
                "select region, name, document from documents where kind=? and (? is null or region=?) order by name",
                (kind, region, region),
            ).fetchall()
        return [(Key(kind, row[0], row[1]), json.loads(row[2])) for row in rows]

    def clear(self) -> None:
        """Forget every document."""
        with self._lock:
            self._database.execute("delete from documents")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()
