"""Planning and registering, with the registry and S3 in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archives import manifest
from fake_registry import IMAGE, FakeRegistry

from deploy.aws.s3 import S3Uri
from deploy.errors import Missing, UsageError
from deploy.registry.register import Asked, apply, group_of, plan

DATA = S3Uri("bkt", "coppice/houses/hash/model.tar.gz")


class Store:
    """S3 in memory; `fails` is the step that breaks."""

    def __init__(self, *buckets: str) -> None:
        self.buckets = set(buckets)
        self.written: dict[str, object] = {}

    def bucket_exists(self, bucket: str) -> bool:
        return bucket in self.buckets

    def create_bucket(self, bucket: str) -> None:
        self.buckets.add(bucket)

    def upload(self, file: Path, uri: S3Uri) -> None:
        self.written[str(uri)] = file

    def put(self, uri: S3Uri, body: bytes, content_type: str) -> None:
        self.written[str(uri)] = content_type


class Steps:
    """The titles of the steps that were taken."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    @contextlib.contextmanager
    def __call__(self, title: str) -> Iterator[None]:
        yield
        self.titles.append(title)


def asked(**changes: Any) -> Asked:
    values: dict[str, Any] = {
        "group": "houses",
        "model_data": DATA,
        "identity": "hash",
        "manifest": manifest(),
        "upload": Path("model.tar.gz"),
        "image": IMAGE,
        "bucket": "bkt",
    }
    return Asked(**{**values, **changes})


def register(wanted: Asked, registry: FakeRegistry, store: Store) -> tuple[int, list[str]]:
    steps = Steps()
    package = apply(plan(wanted, registry, store), registry, store, steps)
    return package.version, steps.titles


def test_everything_is_made_the_first_time() -> None:
    registry, store = FakeRegistry(exists=False), Store()
    assert register(asked(), registry, store) == (
        1,
        [
            "create bucket bkt",
            "upload model.tar.gz",
            "upload metrics and sample payload",
            "create group houses",
            "register",
        ],
    )
    beside = "s3://bkt/coppice/houses/hash/"
    assert store.written == {
        str(DATA): Path("model.tar.gz"),
        f"{beside}model-quality.json": "application/json",
        f"{beside}sample-payload.tar.gz": "application/gzip",
    }
    (request,) = registry.requests
    assert request["SamplePayloadUrl"] == f"{beside}sample-payload.tar.gz"
    assert request["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_plan_changes_nothing() -> None:
    registry, store = FakeRegistry(exists=False), Store()
    plan(asked(), registry, store)
    assert (registry.exists, registry.requests, store.buckets, store.written) == (False, [], set(), {})


def test_the_same_is_registered_once() -> None:
    registry, store = FakeRegistry(exists=False), Store("bkt")
    register(asked(), registry, store)
    assert register(asked(upload=None), registry, store) == (1, [])
    assert len(registry.requests) == 1


@pytest.mark.parametrize(
    "other",
    [{"image": IMAGE.replace("a" * 64, "c" * 64)}, {"identity": "another"}, {"model_data": S3Uri("bkt", "m.tar.gz")}],
)
def test_another_image_or_archive_is_another_version(other: dict[str, Any]) -> None:
    registry, store = FakeRegistry(exists=False), Store("bkt")
    register(asked(), registry, store)
    version, _ = register(asked(**other), registry, store)
    assert version == 2


def test_a_failed_version_is_registered_anew() -> None:
    registry, store = FakeRegistry(exists=False), Store("bkt")
    register(asked(), registry, store)
    registry.statuses[1] = "Failed"
    assert register(asked(), registry, store)[0] == 2


def test_it_is_approved_at_once_or_afterwards() -> None:
    registry, store = FakeRegistry(exists=False), Store("bkt")
    register(asked(approve=True), registry, store)
    assert registry.requests[0]["ModelApprovalStatus"] == "Approved"
    assert register(asked(approve=True), registry, store) == (1, [])

    registry = FakeRegistry(exists=False)
    register(asked(), registry, store)
    assert register(asked(approve=True), registry, store) == (1, ["approve version 1"])
    assert registry.changes == [(registry.packages[0].arn, "Approved", "")]


def test_a_run_that_broke_off_is_continued() -> None:
    class Refusing(FakeRegistry):
        def create(self, request: dict[str, Any]) -> str:
            raise RuntimeError("throttled")

    registry, store = Refusing(exists=False), Store()
    with pytest.raises(RuntimeError):
        register(asked(), registry, store)
    healthy = FakeRegistry(exists=registry.exists)
    assert register(asked(upload=None), healthy, store) == (1, ["upload metrics and sample payload", "register"])


def test_a_bare_model_has_neither_metrics_nor_payload() -> None:
    registry, store = FakeRegistry(exists=False), Store("bkt")
    _, titles = register(asked(manifest=None, upload=None), registry, store)
    assert titles == ["create group houses", "register"]
    assert store.written == {}


def test_anothers_group_has_to_be_there() -> None:
    group = "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/houses"
    with pytest.raises(Missing, match="or it isn't shared with this account"):
        plan(asked(group=group), FakeRegistry(exists=False), Store("bkt"))
    found = plan(asked(group=group), FakeRegistry(), Store("bkt"))
    assert found.contents.payload is not None
    assert str(found.contents.payload.uri).startswith("s3://bkt/coppice/houses/hash/")


def test_versions_are_the_registrys() -> None:
    assert group_of("houses") == "houses"
    with pytest.raises(UsageError, match="numbers the versions itself"):
        group_of("houses:3")
