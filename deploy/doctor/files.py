"""What is to be deployed: the archive, the image it meets, and a payload to call it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from container.artifact.manifest import Manifest, Schema
from container.artifact.store import open_model
from deploy.aws.s3 import Head, S3Uri
from deploy.doctor.check import Result, failed, ok, skipped, warning
from deploy.doctor.machine import Run
from deploy.endpoint.image import Image as ImageFound
from deploy.endpoint.limits import check_unpacked
from deploy.endpoint.payload import SERVERLESS_BYTES, media_type_of


@dataclass
class Artifact:
    """The archive opens, holds what its manifest vouches for, and fits. Keeps the manifest for those who come after."""

    place: Path | S3Uri | None
    head: Callable[[S3Uri], Head | None]
    serverless: bool = True
    manifest: Manifest | None = field(default=None, init=False)
    name: ClassVar = "artifact"
    group: ClassVar = "Model"
    blocks: ClassVar = True

    @property
    def needs(self) -> tuple[str, ...]:
        """An archive in S3 is asked for with credentials."""
        return ("credentials",) if isinstance(self.place, S3Uri) else ()

    def run(self) -> Result:
        """Hashes every file of an archive on this machine; of one in S3, it sees that it is there."""
        if self.place is None:
            return skipped("no --model was given")
        return self._in_s3(self.place) if isinstance(self.place, S3Uri) else self._here(self.place)

    def _in_s3(self, place: S3Uri) -> Result:
        head = self.head(place)
        if head is None:
            return failed(f"There is nothing at {place}.", f"aws s3 cp model.tar.gz {place}")
        return ok(f"{place}, {head.bytes / 1e6:,.1f} MB, not opened")

    def _here(self, place: Path) -> Result:
        pack = f"coppice pack {place} -o model.tar.gz"
        if place.is_dir() or place.suffix in (".joblib", ".pkl", ".pickle"):
            return failed(f"{place} is not an archive, which is what SageMaker downloads.", pack)
        with open_model(place) as artifact:
            self.manifest = artifact.manifest
            for name in artifact.manifest.files if artifact.manifest else ():
                artifact.verify(name)
            unpacked = sum(file.stat().st_size for file in artifact.directory.rglob("*") if file.is_file())
        size = f"{place.stat().st_size / 1e6:,.1f} MB, {unpacked / 1e6:,.1f} MB unpacked"
        if self.serverless:
            check_unpacked(unpacked)
        if self.manifest is None:
            return warning(f"{size}; it has no manifest, so there are no hashes to check.", pack)
        return ok(f"model {self.manifest.model_id}, {self.manifest.engine}, {size}; every file has its hash")


@dataclass(frozen=True)
class Image:
    """The image is in ECR, as SageMaker takes it: account, region, manifest and size."""

    text: str | None
    resolve: Callable[[str], ImageFound]
    name: ClassVar = "image"
    group: ClassVar = "Model"
    needs: ClassVar = ("credentials",)
    blocks: ClassVar = True

    def run(self) -> Result:
        """Looks it up as a deploy would."""
        if self.text is None:
            return skipped("no --image was given")
        found = self.resolve(self.text)
        return warning(f"{found.uri}: {found.warning}.") if found.warning else ok(found.uri)


@dataclass(frozen=True)
class Versions:
    """The image has what the model was written by."""

    image: str | None
    artifact: Artifact
    run_program: Run
    name: ClassVar = "versions"
    group: ClassVar = "Model"
    needs: ClassVar = ("artifact", "docker")
    blocks: ClassVar = True

    def run(self) -> Result:
        """Asks the image's own Python, where the image is on this machine."""
        manifest = self.artifact.manifest
        if self.image is None:
            return skipped("no --image was given")
        if manifest is None:
            return skipped("nothing says what the model was written by")
        written = manifest.versions.get("scikit-learn", "")
        if self.run_program(("docker", "image", "inspect", self.image)).code:
            return skipped(f"{self.image} isn't on this machine: docker pull it to compare")
        installed = self._installed(self.image)
        here = installed.get("scikit-learn", "")
        if manifest.engine == "forest":
            return ok(f"a compiled forest answers the same with any scikit-learn; NumPy is {installed.get('numpy')}")
        if not here:
            return failed(
                f"The model needs scikit-learn {written}; {self.image} has none.",
                "Build the full image: make image (docker build --target full)",
            )
        if here != written:
            return warning(
                f"The model was written by scikit-learn {written}, {self.image} has {here}: it may not open there, or "
                "answer differently.",
                f"Pack it with {here}, or build the image with scikit-learn=={written}.",
            )
        return ok(f"scikit-learn {here} in both")

    def _installed(self, image: str) -> dict[str, str]:
        code = (
            "import importlib.metadata as m, json; "
            "print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))"
        )
        command = ("docker", "run", "--rm", "--network", "none", "--entrypoint", "python", image, "-c", code)
        done = self.run_program(command)
        if done.code:
            raise RuntimeError(f"{image} has no python to ask: {done.err.splitlines()[-1] if done.err else done.code}")
        found: dict[str, str] = json.loads(done.out)
        return found


@dataclass(frozen=True)
class Payload:
    """The body fits, and the model's columns are in it. `count_rows` reads as the container does."""

    file: Path | None
    artifact: Artifact
    count_rows: Callable[[bytes, str, Schema], int]
    name: ClassVar = "payload"
    group: ClassVar = "Model"
    needs: ClassVar = ()
    blocks: ClassVar = True

    def run(self) -> Result:
        """Reads the file."""
        if self.file is None:
            return skipped("no --payload was given")
        size = self.file.stat().st_size
        if size > SERVERLESS_BYTES:
            return failed(
                f"{self.file} has {size:,} bytes; a serverless endpoint takes {SERVERLESS_BYTES:,}.",
                "Send fewer rows at once, or all of them with: coppice batch",
            )
        manifest = self.artifact.manifest
        if manifest is None:
            return ok(f"{size:,} bytes; without a --model its rows weren't read")
        rows = self.count_rows(self.file.read_bytes(), media_type_of(self.file.name) or "", manifest.schema)
        return ok(f"{size:,} bytes, {rows:,} row{'' if rows == 1 else 's'} as the model takes them")
