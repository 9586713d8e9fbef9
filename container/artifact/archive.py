"""model.tar.gz: written so that equal content gives equal bytes, read so that nothing can land outside its folder."""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from container.errors import ArtifactError, UnsafeArchive

GZIP_LEVEL: Final = 6
_MADE_WRONG: Final = "Make the archive with `coppice pack`, or with `tar czf model.tar.gz -C DIR .`."


def write(directory: Path, names: Iterable[str], destination: Path) -> None:
    """Archive the files `names` of `directory`: sorted, without times, owners or modes of this machine.

    The archive appears under its name only when it is whole.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=destination.parent, prefix=f".{destination.name}.")
    try:
        with (
            os.fdopen(handle, "wb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=GZIP_LEVEL, mtime=0) as packed,
            tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as tar,
        ):
            for name in sorted(names):
                _add(tar, directory / name, name)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(destination)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o644
    with path.open("rb") as content:
        tar.addfile(member, content)


def extract(archive: Path, directory: Path) -> None:
    """Unpack into `directory`; raises UnsafeArchive for what isn't a plain file or folder inside it, ArtifactError for
    what can't be read or written."""
    try:
        with tarfile.open(archive, mode="r:*") as tar:
            for member in tar:
                _extract_member(tar, member, directory)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, ValueError) as error:
        reason = (str(error).splitlines() or ["?"])[0]
        raise ArtifactError(f"{archive.name} is not a whole tar archive: {reason}.", _MADE_WRONG) from None
    except OSError as error:  # bz2 has no errors of its own
        raise ArtifactError(f"{archive.name} can't be unpacked: {error.strerror or error}.", _MADE_WRONG) from None


def _extract_member(tar: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name:
        raise UnsafeArchive(f"The archive holds {member.name!r}, which leads out of its folder.", _MADE_WRONG)
    if not (member.isfile() or member.isdir()):
        kind = "a link" if member.issym() or member.islnk() else "a device or pipe"
        raise UnsafeArchive(f"The archive holds {kind} ({member.name!r}); only files and folders may be in it.")
    target = directory / name
    content = tar.extractfile(member)
    try:
        (target if content is None else target.parent).mkdir(parents=True, exist_ok=True)
        if content is not None:
            with content, target.open("xb") as out:
                shutil.copyfileobj(content, out, 1024 * 1024)
    except (FileExistsError, NotADirectoryError):
        raise UnsafeArchive(f"The archive holds {member.name!r} twice.", _MADE_WRONG) from None
