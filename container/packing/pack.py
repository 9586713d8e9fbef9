"""Packs a model: describes an estimator, or takes it with a user's script, and writes the archive.

Packing unpickles a model file of the user's own, on the user's own machine; serving never does so before a hash is
checked.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from container.artifact import archive
from container.artifact.manifest import MANIFEST_FILE, DType, Manifest, Schema
from container.artifact.store import CODE_DIR, FOREST_DIR, MODEL_FILE, Artifact, open_model
from container.codecs import csv
from container.codecs.rows import Array
from container.errors import BadInput, PackingError
from container.inference import sklearn_model
from container.inference.model import example_rows
from container.inference.script.source import verify_code
from container.inference.unpickle import read_estimator
from container.inference.validate import arrange
from container.packing import code
from container.packing.write import Say, write_manifest, write_script_manifest


class Code(NamedTuple):
    """A folder of the user's code to pack with the model, and the script in it (by default inference.py)."""

    folder: Path
    program: str = ""


def pack(
    source: Path,
    destination: Path,
    sample: Path | None = None,
    names: Sequence[str] = (),
    keep_source: bool = True,
    say: Say = lambda _line: None,
    given: Code | None = None,
) -> Manifest:
    """Write the archive `destination` from a model file, a folder or another archive.

    `sample` is a CSV of rows to check the packed model on and to keep as its example; `names` are the columns' names
    where the estimator doesn't know them. Without `keep_source` a compiled forest goes without its model file. `given`
    is code to go with it, by default the code/ that the model has. Raises PackingError, ArtifactError or BadInput.
    """
    with (
        open_model(source, scripted=given is not None) as artifact,
        tempfile.TemporaryDirectory(prefix="coppice-pack-") as folder,
    ):
        workplace = Path(folder)
        found = given or _own_code(artifact, source)
        if found is None:
            manifest = _pack_model(artifact, workplace, sample, names, keep_source, say)
        else:
            manifest = _pack_with_code(artifact, found, workplace, source, sample, names, keep_source, say)
        archive.write(workplace, [MANIFEST_FILE, *manifest.files], destination)
    return manifest


def _own_code(artifact: Artifact, source: Path) -> Code | None:
    folder = artifact.directory / CODE_DIR
    if not folder.is_dir() or source.name == artifact.model_file:  # beside a lone file, code/ may be anybody's
        return None
    verify_code(artifact)
    return Code(folder, artifact.manifest.script if artifact.manifest else "")


def _pack_with_code(
    artifact: Artifact,
    given: Code,
    workplace: Path,
    source: Path,
    sample: Path | None,
    names: Sequence[str],
    keep_source: bool,
    say: Say,
) -> Manifest:
    if not given.folder.is_dir():
        raise PackingError(f"{given.folder} is not a folder.", "Name the folder that the script is in: --code DIR")
    folder = code.copy_code(given.folder, workplace)
    if note := code.requirements_note(folder):
        say(note)
    program = code.choose_program(folder, given.program)
    with code.importable(folder):
        hooks = code.check_hooks(folder, program, keep_source) if program else None
        others = _copy_others(artifact, source, workplace) if program else []
        others += code.files_below(workplace, CODE_DIR)
        say(f"script: {program} ({', '.join(hooks.names)})" if hooks else "code: no script, only what the model needs")
        if hooks and hooks.model_fn and not (artifact.directory / artifact.model_file).is_file():
            return write_script_manifest(workplace, program, others)
        return _pack_model(artifact, workplace, sample, names, keep_source, say, program, others)


def _copy_others(artifact: Artifact, source: Path, workplace: Path) -> list[str]:
    """What else a model's folder holds may be the script's: an encoder, a list of labels."""
    if source.name == artifact.model_file:
        return []
    paths = (path for path in artifact.directory.rglob("*") if path.is_file())
    found = [path.relative_to(artifact.directory) for path in paths]
    ours = (MANIFEST_FILE, artifact.model_file)
    kept = [path for path in found if path.parts[0] not in (FOREST_DIR, CODE_DIR) and path.as_posix() not in ours]
    for path in kept:
        if artifact.manifest is not None:
            artifact.verify(path.as_posix())
        (workplace / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(artifact.directory / path, workplace / path)
    return sorted(path.as_posix() for path in kept)


def _pack_model(
    artifact: Artifact,
    workplace: Path,
    sample: Path | None,
    names: Sequence[str],
    keep_source: bool,
    say: Say,
    script: str = "",
    others: Sequence[str] = (),
) -> Manifest:
    if artifact.manifest is not None and MODEL_FILE not in artifact.manifest.files:
        raise PackingError(
            "This model was packed with --no-source: there is no estimator in it to pack again.",
            "Pack the model it was made from.",
        )
    with artifact.open(artifact.model_file) as model, (workplace / MODEL_FILE).open("wb") as copy:
        shutil.copyfileobj(model, copy)
    estimator, written_by = read_estimator(artifact)
    described = (artifact.manifest or sklearn_model.describe(estimator))._replace(script=script)
    described = _with_names(described, names)
    rows = _example_rows(described)
    if sample is not None:
        described, rows = _read_sample(sample, described)
    return write_manifest(workplace, estimator, described, rows, written_by, keep_source, say, others)


def _with_names(described: Manifest, names: Sequence[str]) -> Manifest:
    if not names:
        return described
    known = described.schema
    different = len(set(names) - {""})
    if len(names) != len(known.features) or different != len(names):
        raise PackingError(
            f"{len(names)} column names were given ({different} different ones that aren't empty); "
            f"the model takes {len(known.features)} columns.",
            "Give --feature once for each column, in the order the model was fitted with.",
        )
    if known.named and tuple(names) != known.names:
        raise PackingError(
            f"The estimator was fitted with the columns {', '.join(known.names)}; other names were given.",
            "Leave --feature out: the names are known.",
        )
    features = tuple(feature._replace(name=name) for feature, name in zip(known.features, names, strict=True))
    return described._replace(features=features)


def _read_sample(sample: Path, described: Manifest) -> tuple[Manifest, Array]:
    """The sample's rows, and the manifest with every column marked that holds text or truth values in them."""
    try:
        table = csv.decode(sample.read_bytes(), described.schema)
        if not isinstance(table.cells, np.ndarray):
            text = Schema(tuple(feature._replace(dtype="string") for feature in described.features))
            cells = arrange(table, text)
            features = tuple(
                feature._replace(dtype=_dtype(cells[:, index], feature.dtype))
                for index, feature in enumerate(described.features)
            )
            described = described._replace(features=features)
        return described, arrange(table, described.schema)
    except OSError as error:
        raise PackingError(f"The sample {sample} can't be read: {error.strerror}.") from None
    except BadInput as error:
        raise PackingError(f"The sample {sample.name} doesn't fit the model. {error.message}", error.hint) from None


def _dtype(cells: Array, known: DType) -> DType:
    """What a column of the sample holds; text stays text, even where it reads as numbers."""
    texts = {str(cell).strip().lower() for cell in cells}
    try:
        for text in texts:
            csv.number(text)
    except ValueError:
        return "bool" if known != "string" and texts - csv.MISSING <= {"true", "false"} else "string"
    return known


def _example_rows(described: Manifest) -> Array | None:
    """Rows to check with where no sample is given: the manifest's own, or one of zeros."""
    schema = described.schema
    if described.example is not None:
        return example_rows(described.example, schema)
    return np.zeros((1, len(schema.features))) if schema.numeric else None
