"""Archives: the same bytes for the same content, and nothing lands outside the folder."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from container.artifact import archive
from container.errors import ArtifactError, UnsafeArchive


def tar_of(path: Path, *members: tarfile.TarInfo | str, mode: str = "w:gz") -> Path:
    """An archive of these members; a text stands for a file of that name holding its name."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            content = info.name.encode() if info.isreg() else b""
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src/code").mkdir(parents=True)
    (tmp_path / "src/manifest.json").write_text("{}")
    (tmp_path / "src/code/inference.py").write_text("pass")
    return tmp_path / "src"


NAMES = ["manifest.json", "code/inference.py"]


def test_what_is_written_is_extracted(folder: Path, tmp_path: Path) -> None:
    archive.write(folder, NAMES, tmp_path / "deep/model.tar.gz")
    archive.extract(tmp_path / "deep/model.tar.gz", tmp_path / "out")
    assert {name: (tmp_path / "out" / name).read_text() for name in NAMES} == {
        "manifest.json": "{}",
        "code/inference.py": "pass",
    }


def test_the_bytes_depend_on_the_content_alone(folder: Path, tmp_path: Path) -> None:
    archive.write(folder, NAMES, tmp_path / "one.tar.gz")
    for name in NAMES:
        os.utime(folder / name, (0, 0))
        (folder / name).chmod(0o600)
    archive.write(folder, reversed(NAMES), tmp_path / "another name")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "another name").read_bytes()


def test_files_are_readable_to_everyone(folder: Path, tmp_path: Path) -> None:
    archive.write(folder, NAMES, tmp_path / "model.tar.gz")
    assert (tmp_path / "model.tar.gz").stat().st_mode & 0o777 == 0o644
    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        assert {(member.mode, member.uid, member.mtime, member.uname) for member in tar} == {(0o644, 0, 0, "")}


def test_a_failed_write_leaves_what_was_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_text("old")
    with pytest.raises(FileNotFoundError):
        archive.write(folder, ["missing"], tmp_path / "model.tar.gz")
    assert (tmp_path / "model.tar.gz").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"src", "model.tar.gz"}


@pytest.mark.parametrize("name", ["/etc/passwd", "../out.txt", "code/../../out.txt", "..", "a\\..\\b"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    hostile = tar_of(tmp_path / "model.tar.gz", name)
    with pytest.raises(UnsafeArchive, match="leads out of its folder"):
        archive.extract(hostile, tmp_path / "in/out")
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize(
    ("kind", "said"),
    [(tarfile.SYMTYPE, "a link"), (tarfile.LNKTYPE, "a link"), (tarfile.CHRTYPE, "a device"),
     (tarfile.BLKTYPE, "a device"), (tarfile.FIFOTYPE, "a device or pipe")],
)  # fmt: skip
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes, said: str) -> None:
    hostile = tar_of(tmp_path / "model.tar.gz", special("model.joblib", kind, "/etc/passwd"))
    with pytest.raises(UnsafeArchive, match=said):
        archive.extract(hostile, tmp_path / "out")


@pytest.mark.parametrize(
    "members",
    [("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a"), ("a", special("a", tarfile.DIRTYPE))],
)
def test_one_name_for_two_things_is_refused(tmp_path: Path, members: tuple[str, ...]) -> None:
    with pytest.raises(UnsafeArchive, match="twice"):
        archive.extract(tar_of(tmp_path / "model.tar.gz", *members), tmp_path / "out")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_what_plain_tar_makes_is_extracted(tmp_path: Path, mode: str) -> None:
    made = tar_of(tmp_path / "model.tar.gz", special(".", tarfile.DIRTYPE), "./model.joblib", mode=mode)
    archive.extract(made, tmp_path / "out")
    assert (tmp_path / "out/model.joblib").read_text() == "./model.joblib"


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("share", [0, 0.1, 0.5])
def test_half_an_archive_is_refused(tmp_path: Path, mode: str, share: float) -> None:
    whole = tar_of(tmp_path / "model.tar.gz", "model.joblib", mode=mode)
    content = whole.read_bytes()
    whole.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ArtifactError, match=r"model\.tar\.gz (is not a whole tar archive|can't be unpacked)"):
        archive.extract(whole, tmp_path / "out")


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="can't be unpacked: File name too long"):
        archive.extract(tar_of(tmp_path / "model.tar.gz", "a" * 300), tmp_path / "out")
