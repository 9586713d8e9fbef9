"""model.tar.gz from an S3 of moto's."""

from __future__ import annotations

import io
import stat
import tarfile
import threading
import time

import pytest
from cloud import REGION

from local_test.emulator.instances.model_data import ModelData, ModelDataError

URL = "s3://models/a/b/model.tar.gz"


def archive(*members: tarfile.TarInfo, mode: str = "w:gz", **contents: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size, member.mode = len(content), 0o600
            tar.addfile(member, io.BytesIO(content))
        for member in members:
            tar.addfile(member)
    return packed.getvalue()


def special(name: str, kind: bytes, linkname: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, linkname
    return member


@pytest.fixture
def put(moto, aws):
    s3 = aws.client("s3", REGION)
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    return lambda body: s3.put_object(Bucket="models", Key="a/b/model.tar.gz", Body=body)


def models(aws, tmp_path, rate=None) -> ModelData:
    return ModelData(aws, tmp_path / "models", rate)


def test_whoever_may_read_what_was_in_the_archive(put, aws, tmp_path):
    put(archive(special("code", tarfile.DIRTYPE), model=b"trees", code__a=b"x"))
    folder = models(aws, tmp_path).fetch(REGION, URL)
    assert (folder / "model").read_bytes() == b"trees"
    assert (folder / "code" / "a").read_bytes() == b"x"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert modes == {folder.name: 0o755, "model": 0o644, "code": 0o755, "a": 0o644}


def test_one_model_is_unpacked_once_and_another_one_under_the_same_key_is_another(put, aws, tmp_path):
    put(archive(model=b"first"))
    data = models(aws, tmp_path)
    folders = []
    threads = [threading.Thread(target=lambda: folders.append(data.fetch(REGION, URL))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 8
    assert len(set(folders)) == 1
    assert list((tmp_path / "models").iterdir()) == folders[:1]
    put(archive(model=b"second"))
    assert (data.fetch(REGION, URL) / "model").read_bytes() == b"second"
    assert (folders[0] / "model").read_bytes() == b"first"


@pytest.mark.parametrize("url", ["s3://nowhere/model.tar.gz", "s3://models/nothing", "s3://models", "s3://a b/c"])
def test_an_archive_that_is_not_there(put, aws, tmp_path, url):
    with pytest.raises(ModelDataError, match=r'Failed to download model data for container "container_1".*' + url):
        models(aws, tmp_path).fetch(REGION, url)


BROKEN = {
    "empty": b"",
    "no archive": b"no archive at all",
    "cut short": archive(model=b"x" * 100_000)[:-200],
    "not compressed": archive(mode="w", model=b"a tar, but not packed"),
    "a link": archive(special("link", tarfile.SYMTYPE, "model"), model=b"x"),
    "a link to elsewhere": archive(special("link", tarfile.SYMTYPE, "/etc/passwd")),
    "a hard link": archive(special("hard", tarfile.LNKTYPE, "model"), model=b"x"),
    "a pipe": archive(special("pipe", tarfile.FIFOTYPE)),
    "a member that leaves": archive(**{"..__escaped": b"x"}),
}
"""An archive holds the time it was made at; a test that is named after its bytes has another name a second later."""


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_an_archive_that_can_not_be_unpacked(put, aws, tmp_path, body):
    put(body)
    with pytest.raises(
        ModelDataError, match=f'extract model data archive for container "container_1" from URL "{URL}"'
    ):
        models(aws, tmp_path).fetch(REGION, URL)
    assert list((tmp_path / "models").iterdir()) == []
    assert not list(tmp_path.rglob("escaped"))


def test_the_rate_makes_every_fetch_take_its_time(put, aws, tmp_path):
    put(archive(model=b"x"))
    size = len(archive(model=b"x"))
    slept: list[float] = []
    data = models(aws, tmp_path, rate=1)
    data.fetch(REGION, URL, slept.append)
    data.fetch(REGION, URL, slept.append)
    assert len(slept) == 2
    assert all(size - 30 < seconds <= size for seconds in slept)
    began = time.monotonic()
    models(aws, tmp_path, rate=size * 5).fetch(REGION, URL)
    assert time.monotonic() - began >= 0.2


def test_a_key_may_have_whatever_characters(put, aws, tmp_path):
    aws.client("s3", REGION).put_object(Bucket="models", Key="a b/c#d?e.tar.gz", Body=archive(model=b"x"))
    assert (models(aws, tmp_path).fetch(REGION, "s3://models/a b/c#d?e.tar.gz") / "model").exists()
