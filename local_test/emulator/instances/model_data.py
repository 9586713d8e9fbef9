"""model.tar.gz from S3, unpacked: what the platform does before it starts a container."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
import tempfile
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from local_test.emulator.aws import Aws

S3_URL: Final = re.compile(r"s3://(?P<Bucket>[A-Za-z0-9._-]{1,255})/(?P<Key>.+)")
_UNREADABLE = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError)


class ModelDataError(Exception):
    """The archive isn't there, or can't be unpacked; the message is AWS's, as CreateEndpoint's FailureReason has it."""


class ModelData:
    """Unpacked models, each kept once for all instances that use it."""

    def __init__(self, aws: Aws, folder: Path, rate: int | None) -> None:
        """`folder` is the emulator's own; `rate` is bytes of the archive per second, None for as fast as it goes."""
        self._aws = aws
        self._folder = folder
        self._rate = rate
        self._lock = threading.Lock()
        self._one_at_a_time: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)

    def fetch(self, region: str, url: str, sleep: Callable[[float], None] = time.sleep) -> Path:
        """The folder of an s3://… archive, read-only for whoever. Takes as long as `rate` says, each time it is asked.

        `sleep` may raise what it wants, to end the wait. Raises ModelDataError.
        """
        began = time.monotonic()
        s3 = self._aws.client("s3", region)
        try:
            where = _place(url)
            head = s3.head_object(**where)
            folder = self._folder / hashlib.sha256(f"{url} {head['ETag']}".encode()).hexdigest()[:32]
            with self._lock:
                one_at_a_time = self._one_at_a_time[folder]
            with one_at_a_time:
                if not folder.exists():
                    self._unpack(s3, where, url, folder)
        except (_NotInS3, s3.exceptions.ClientError):
            raise ModelDataError(
                f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that '
                "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                "download the object."
            ) from None
        if self._rate:
            sleep(max(0.0, head["ContentLength"] / self._rate - (time.monotonic() - began)))
        return folder

    def _unpack(self, s3: Any, where: dict[str, str], url: str, folder: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            with tempfile.TemporaryFile(dir=self._folder) as archive:
                s3.download_fileobj(**where, Fileobj=archive)
                archive.seek(0)
                _extract(archive, unfinished)
            unfinished.rename(folder)
        except _UNREADABLE as error:
            raise ModelDataError(
                f'Failed to extract model data archive for container "container_1" from URL "{url}". Please ensure '
                f"that the object located at the URL is a valid tar.gz archive. (Here: {error})"
            ) from None
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


class _NotInS3(Exception):
    pass


def _place(url: str) -> dict[str, str]:
    found = S3_URL.fullmatch(url)
    if found is None:
        raise _NotInS3(url)
    return found.groupdict()


def _extract(archive: Any, folder: Path) -> None:
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        tar.extractall(folder, filter=_plain)  # noqa: S202 - that is what the filter is for
    folder.chmod(0o755)


def _plain(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """Only files and folders, inside, and readable for the uid that a serverless container happens to have."""
    if not (member.isfile() or member.isdir()):
        # AWS refuses symbolic links: repost.aws/knowledge-center/sagemaker-endpoint-creation-fail
        raise tarfile.TarError(f"{member.name!r} is neither a file nor a folder")
    return tarfile.data_filter(member, folder).replace(mode=0o755 if member.isdir() or member.mode & 0o100 else 0o644)
