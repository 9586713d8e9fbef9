"""What a batch run will do: which model answers, what is uploaded first, and the requests. Reads only."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from container import contract
from deploy.aws.s3 import S3, S3Uri
from deploy.aws.sagemaker import SageMaker
from deploy.batch import header
from deploy.batch.request import build, job_name, model_request
from deploy.batch.transform import Split, Transform, default_split
from deploy.endpoint.artifact import Archive
from deploy.endpoint.payload import media_type_of
from deploy.errors import DeployError, Missing, UsageError

PREFIX: Final = "coppice/batch/"
"""Below which key of the bucket rows from this machine lie."""


@dataclass(frozen=True)
class Upload:
    """A file here, and where it goes."""

    file: Path
    uri: S3Uri


@dataclass(frozen=True)
class Rows:
    """What is answered: an address or prefix in S3, its objects, and the file to upload if it is still here."""

    uri: S3Uri
    keys: tuple[str, ...]
    first_bytes: Callable[[], bytes]
    upload: Upload | None = None


@dataclass(frozen=True)
class Model:
    """The model that answers. `container` and `role` are set where one is made for the job, `name` where it exists."""

    shown: str
    name: str | None = None
    container: Mapping[str, Any] | None = None
    role: str = ""
    upload: Upload | None = None


@dataclass(frozen=True)
class Plan:
    """Uploads first, then the job; `own_model` is the request for the model that is made for it."""

    job: str
    asked: Transform
    model: Model
    objects: int
    uploads: tuple[Upload, ...]
    creates_bucket: str | None
    request: Mapping[str, Any]
    own_model: Mapping[str, Any] | None


def find_rows(place: str, bucket: str, s3: S3) -> Rows:
    """The rows: `s3://…`, an object or a prefix, or a file here, which goes below its hash. Raises Missing."""
    if "://" in place:
        uri = S3Uri.parse(place, "--input")
        keys = tuple(key for key in s3.keys(uri) if not key.endswith("/"))
        if not keys:
            raise Missing(f"There is nothing at {place}.", f"Put rows there: aws s3 cp rows.csv {place}")
        first = S3Uri(uri.bucket, keys[0])
        return Rows(uri, keys, lambda: s3.first_bytes(first, header.FIRST_BYTES))
    file = Path(place)
    if not file.is_file():
        raise Missing(f"There is no file {place}.", "--input takes a file, or s3://BUCKET/KEY-OR-PREFIX.")
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    uri = S3Uri(bucket, f"{PREFIX}{sha256}/{file.name}")

    def beginning() -> bytes:
        with file.open("rb") as content:
            return content.read(header.FIRST_BYTES)

    return Rows(uri, (uri.key,), beginning, None if s3.head(uri) else Upload(file, uri))


def typed(asked: Transform, key: str, content_type: str | None, split: Split | None) -> Transform:
    """The same with the type that the rows' name tells (CSV if none) and the way to cut it, where people didn't say."""
    media_type = content_type or media_type_of(key) or contract.CSV
    return replace(asked, content_type=media_type, split=split or default_split(media_type))


def model_of_endpoint(name: str, sagemaker: SageMaker) -> Model:
    """The model that an endpoint's present configuration names; raises Missing."""
    endpoint = sagemaker.endpoint(name)
    if endpoint is None:
        raise Missing(
            f"There is no endpoint {name} whose model could answer.",
            "See what there is: coppice status\nOr name an archive: --model model.tar.gz --image URI",
        )
    if "EndpointConfigName" not in endpoint:
        raise DeployError(f"The endpoint {name} is {endpoint['EndpointStatus']} and names no configuration.")
    config = sagemaker.config(endpoint["EndpointConfigName"])
    model = config["ProductionVariants"][0].get("ModelName", "") if config else ""
    if not model or sagemaker.model(model) is None:
        raise Missing(
            f"The model {model} of the endpoint {name} is gone.", f"Deploy it again: coppice deploy -n {name}"
        )
    return Model(f"{model}, of the endpoint {name}", model)


def model_from(archive: Archive, image: str, role: str, environment: Mapping[str, str]) -> Model:
    """A model to be made for the job."""
    container: dict[str, Any] = {"Image": image, "ModelDataUrl": str(archive.uri)}
    if environment:
        container["Environment"] = dict(environment)
    upload = Upload(archive.file, archive.uri) if archive.file else None
    called = archive.manifest.model_id if archive.manifest else f"{archive.identity[:17]}…"
    return Model(f"{called}, made for this job and deleted after it", None, container, role, upload)


def make(asked: Transform, rows: Rows, model: Model, base: str, bucket_exists: Callable[[str], bool]) -> Plan:
    """Bring it together under a new job's name; raises NotSupported for a header row that would be cut off."""
    header.refuse_header(asked, rows.keys[0], rows.first_bytes())
    if rows.uri.bucket == asked.output.bucket and (asked.output.key.rstrip("/") + "/").startswith(rows.uri.key):
        raise UsageError(
            f"The answers would go below the rows ({asked.output} is in {rows.uri}), and be rows of the next run.",
            "Choose another --output.",
        )
    job = job_name(base, dt.datetime.now(dt.UTC))
    uploads = tuple(upload for upload in (rows.upload, model.upload) if upload)
    bucket = uploads[0].uri.bucket if uploads else None
    return Plan(
        job,
        asked,
        model,
        len(rows.keys),
        uploads,
        bucket if bucket and not bucket_exists(bucket) else None,
        build(job, model.name or job, replace(asked, input=rows.uri)),
        model_request(job, model.container, model.role) if model.container else None,
    )
