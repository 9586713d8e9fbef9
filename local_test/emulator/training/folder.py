"""A job's /opt/ml: filled from S3 before it runs, and sent to S3 afterwards."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Final

from local_test.emulator.s3_objects import BadManifest, Source, below, of_manifest, place
from local_test.emulator.training.settings import Channel, Job

FAILURE_CHARS: Final = 1024
_MISSING: Final = (
    'ClientError: Data download failed:No S3 objects found under S3 URL "{}" given in input data source. Please ensure '
    "that the bucket exists in the selected region, that objects exist under that S3 prefix, and that the role has "
    '"s3:ListBucket" permissions on the bucket.'
)


class InputError(Exception):
    """The job's input can't be had; the message is its FailureReason."""


def fill(s3: Any, job: Job, base: Path) -> None:
    """Write the configuration and the channels below `base`. Raises InputError."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    for name, document in job.files().items():
        (config / name).write_text(json.dumps(document))
    for channel in job.channels:
        folder = base / "input" / "data" / channel.name
        folder.mkdir(parents=True)
        for source in _sources(s3, channel):
            _download(s3, source, folder)
    for name in ("model", "output/data"):
        (base / name).mkdir(parents=True)


def _sources(s3: Any, channel: Channel) -> list[Source]:
    try:
        found = (of_manifest if channel.source_type == "ManifestFile" else below)(s3, channel.source)
    except BadManifest as error:
        raise InputError(f"ClientError: {error}") from None
    if not found:
        raise InputError(_MISSING.format(channel.source))
    return found


def _download(s3: Any, source: Source, folder: Path) -> None:
    name = PurePosixPath(source.name)
    if name.is_absolute() or ".." in name.parts:
        raise InputError(f"ClientError: The name of {source.place} leads out of its channel.")
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        s3.download_file(source.place.bucket, source.place.key, str(target))
    except s3.exceptions.ClientError:
        raise InputError(_MISSING.format(f"s3://{source.place}")) from None


def upload(s3: Any, job: Job, base: Path) -> str:
    """Send what the job left: model.tar.gz, and output.tar.gz where it has output; or, uncompressed, their files below
    model/ and data/. Returns the model's address."""
    address = f"{job.output}/{job.name}/output/"
    model, output = base / "model", base / "output" / "data"
    model.mkdir(exist_ok=True)  # a program may have removed it
    send, names = (_send, ("model.tar.gz", "output.tar.gz")) if job.compressed else (_send_files, ("model/", "data/"))
    send(s3, model, address + names[0])
    if output.is_dir() and any(output.iterdir()):
        send(s3, output, address + names[1])
    return address + names[0]


def _send(s3: Any, folder: Path, address: str) -> None:
    bucket, key = place(address)
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for path in sorted(folder.iterdir()):
                tar.add(path, path.name)
        packed.seek(0)
        s3.upload_fileobj(packed, bucket, key)


def _send_files(s3: Any, folder: Path, address: str) -> None:
    bucket, prefix = place(address)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            s3.upload_file(str(path), bucket, prefix + path.relative_to(folder).as_posix())


def failure(base: Path) -> str:
    """What the program wrote into its failure file; empty without one."""
    try:
        return (base / "output" / "failure").read_text(errors="replace")[:FAILURE_CHARS].strip()
    except OSError:
        return ""
