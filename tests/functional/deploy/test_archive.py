"""The archive on its way to S3: checked here, named by its content, uploaded once."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from container.errors import ArtifactError
from deploy.aws.s3 import S3, S3Uri
from deploy.aws.session import Session
from deploy.endpoint.artifact import locate
from deploy.errors import Missing, UsageError

BUCKET = "archives"


@pytest.fixture
def store(cloud):
    cloud.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": cloud.environment["AWS_DEFAULT_REGION"]}
    )
    return S3(Session())


@pytest.fixture
def there(cloud, store):
    """Put bytes there."""

    def there(content):
        cloud.client("s3").put_object(Bucket=BUCKET, Key="m.tar.gz", Body=content)
        return S3Uri(BUCKET, "m.tar.gz")

    return there


def tar(mode="w:gz", **files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def repacked(archive, **changes):
    """The archive with other files in it."""
    with tarfile.open(archive) as old:
        files = {entry.name: old.extractfile(entry).read() for entry in old if entry.isfile()}
    return tar(**{**files, **changes})


def test_an_archive_here_goes_below_its_hash_and_only_once(packed, store):
    sha256 = hashlib.sha256(packed.read_bytes()).hexdigest()
    first = locate(packed, "houses", BUCKET, store)
    assert str(first.uri) == f"s3://{BUCKET}/coppice/houses/{sha256}/model.tar.gz"
    assert (first.identity, first.file) == (sha256, packed)
    assert first.unpacked_bytes == sum(entry.bytes for entry in first.manifest.files.values()) > 0
    store.upload(packed, first.uri)
    second = locate(packed, "houses", BUCKET, store)
    assert (second.file, second.uri, second.identity) == (None, first.uri, sha256)


def test_the_same_content_under_another_name_is_the_same_archive(packed, store, tmp_path):
    copy = tmp_path / "copy.tgz"
    copy.write_bytes(packed.read_bytes())
    assert locate(copy, "houses", BUCKET, store).uri == locate(packed, "houses", BUCKET, store).uri


def test_a_bucket_that_is_still_to_be_made_has_nothing_in_it(packed, store):
    assert locate(packed, "houses", "not-yet-there", store).file == packed


def test_a_bare_model_has_no_manifest(store, tmp_path):
    (tmp_path / "m.tar.gz").write_bytes(tar(**{"model.joblib": b"x"}))
    found = locate(tmp_path / "m.tar.gz", "houses", BUCKET, store)
    assert (found.manifest, found.unpacked_bytes) == (None, 0)


def test_what_is_not_there(store, tmp_path):
    with pytest.raises(Missing, match="There is no") as caught:
        locate(tmp_path / "gone.tar.gz", "houses", BUCKET, store)
    assert "coppice pack MODEL -o" in caught.value.hint
    with pytest.raises(Missing, match=f"There is nothing at s3://{BUCKET}/gone.tar.gz") as caught:
        locate(S3Uri(BUCKET, "gone.tar.gz"), "houses", BUCKET, store)
    assert "aws s3 cp" in caught.value.hint


@pytest.mark.parametrize("name", ["folder", "model.joblib", "model.tar", "model.tar.bz2", "empty.tar.gz"])
def test_what_has_to_be_packed_first(store, tmp_path, name):
    place = tmp_path / name
    if name == "folder":
        place.mkdir()
    else:
        content = {"model.joblib": b"\x80\x04x", "model.tar": tar("w", x=b"x"), "model.tar.bz2": tar("w:bz2", x=b"x")}
        place.write_bytes(content.get(name, b""))
    with pytest.raises(UsageError, match=r"is not a tar\.gz archive") as caught:
        locate(place, "houses", BUCKET, store)
    assert caught.value.hint == f"Pack it first: coppice pack {place} -o model.tar.gz"


@pytest.mark.parametrize("damage", ["cut", "changed", "manifest", "gzip", "nothing"])
def test_a_damaged_archive_is_refused(packed, store, tmp_path, damage):
    place = tmp_path / "m.tar.gz"
    content = {
        "cut": lambda: packed.read_bytes()[:-2000],
        "changed": lambda: repacked(packed, **{"forest/forest.json": b"{}"}),
        "manifest": lambda: repacked(packed, **{"manifest.json": b"{}"}),
        "gzip": lambda: gzip.compress(b"no tar"),
        "nothing": lambda: tar(readme=b"x"),
    }[damage]()
    place.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        locate(place, "houses", BUCKET, store)
    assert len(caught.value.message.splitlines()) == 1


def test_an_archive_in_s3_stays_there(packed, there, store):
    uri = there(packed.read_bytes())
    found = locate(uri, "houses", "another", store)
    etag = hashlib.md5(packed.read_bytes()).hexdigest()
    assert (found.uri, found.identity, found.file) == (uri, f"etag-{etag}", None)
    assert found.manifest == locate(packed, "houses", BUCKET, store).manifest
    there(repacked(packed))
    assert locate(uri, "houses", "another", store).identity != found.identity


def test_an_archive_in_s3_may_be_bare_or_start_with_a_dot(packed, there, store):
    assert locate(there(tar(**{"model.joblib": b"x"})), "e", BUCKET, store).manifest is None
    with tarfile.open(packed) as archive:
        manifest = archive.extractfile("manifest.json").read()
    found = locate(there(tar(**{"./manifest.json": manifest})), "e", BUCKET, store)
    assert found.manifest.model_id == json.loads(manifest)["model_id"]


@pytest.mark.parametrize("damage", ["text", "empty", "tar", "cut"])
def test_what_lies_in_s3_is_no_archive(packed, there, store, damage):
    content = {"text": b"hello", "empty": b"", "tar": tar("w", x=b"x"), "cut": packed.read_bytes()[:40]}[damage]
    with pytest.raises(UsageError, match=r"^s3://archives/m\.tar\.gz is not a tar\.gz archive") as caught:
        locate(there(content), "houses", BUCKET, store)
    assert len(caught.value.message.splitlines()) == 1
    assert "coppice pack" in caught.value.hint


def test_a_manifest_in_s3_that_is_none_is_refused(there, store):
    with pytest.raises(ArtifactError):
        locate(there(tar(**{"manifest.json": b"{}"})), "houses", BUCKET, store)
