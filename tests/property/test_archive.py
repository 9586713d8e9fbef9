"""Whatever members an archive has, nothing is written outside the folder and nothing but an ArtifactError comes out."""

from __future__ import annotations

import contextlib
import io
import tarfile
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from container.artifact import archive
from container.errors import ArtifactError

PARTS = st.sampled_from(["..", ".", "", "a", "b", "~", "\\", "C:", "\n", "ü", "\udcff", "x" * 300]) | st.text(
    max_size=4
)
NAMES = st.lists(PARTS, min_size=1, max_size=5).map("/".join)
KINDS = st.sampled_from([tarfile.REGTYPE] * 3 + [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
FORMATS = st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])


@given(st.lists(st.tuples(NAMES, KINDS, NAMES), max_size=5), FORMATS)
def test_members_stay_inside_or_are_refused(members: list[tuple[str, bytes, str]], form: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            with tarfile.open(place / "m.tar", "w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
                for name, kind, target in members:
                    info = tarfile.TarInfo(name)
                    info.type, info.linkname, info.size = kind, target, 3 * (kind == tarfile.REGTYPE)
                    tar.addfile(info, io.BytesIO(b"abc"))
        except (ValueError, UnicodeEncodeError):  # a name that tar itself can't write
            return
        with contextlib.suppress(ArtifactError):
            archive.extract(place / "m.tar", place / "deep/inside")
        outside = {path for path in place.rglob("*") if not path.is_relative_to(place / "deep/inside")}
        assert outside <= {place / "m.tar", place / "deep"}
        assert all(path.is_file() or path.is_dir() for path in place.rglob("*"))
        assert not any(path.is_symlink() for path in place.rglob("*"))


@given(st.binary(max_size=2000))
def test_any_bytes_are_an_archive_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m.tar.gz").write_bytes(content)
        with contextlib.suppress(ArtifactError):
            archive.extract(Path(folder) / "m.tar.gz", Path(folder) / "out")


@given(st.data())
def test_a_damaged_archive_is_an_archive_or_refused(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "model.joblib").write_bytes(b"some content" * 50)
        archive.write(place, ["model.joblib"], place / "m.tar.gz")
        content = bytearray((place / "m.tar.gz").read_bytes())
        for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
            content[position] = data.draw(st.integers(0, 255))
        (place / "m.tar.gz").write_bytes(content)
        with contextlib.suppress(ArtifactError):
            archive.extract(place / "m.tar.gz", place / "out")
