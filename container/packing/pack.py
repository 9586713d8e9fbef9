"""Packs a model: describes an estimator, or takes it with a user's script, and writes the archive.

Packing unpickles a model file of the user's own, on the user's own machine; serving never does so before a hash is
checked.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from container.artifact import archive
from container.artifact.manifest import MANIFEST_FILE, DType, Manifest, Schema
from container.artifact.store import CODE_DIR, FOREST_DIR, MODEL_FILE, Artifact, open_model
from container.codecs import csv
from container.codecs.rows import Array
from container.errors import BadInput, NotAnEstimator, PackingError
from container.inference import sklearn_model
from container.inference.model import example_rows
from container.inference.script.source import verify_code
from container.inference.unpickle import read_estimator
from container.inference.validate import arrange
from container.packing import code
from container.packing.gather import gather
from container.packing.write import Say, write_manifest, write_script_manifest

_OURS: Final = (f"{FOREST_DIR}/", f"{CODE_DIR}/")


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
            ours = (source, artifact.directory / artifact.model_file, destination)
            manifest = _pack_with_code(artifact, found, workplace, ours, sample, names, keep_source, say)
        archive.write(workplace, [MANIFEST_FILE, *manifest.files], destination)
    return manifest


def _own_code(artifact: Artifact, source: Path) -> Code | None:
    folder = artifact.directory / CODE_DIR
    if source.name == artifact.model_file or not any(folder.rglob("*.py")):  # beside a lone file it may be anybody's
        return None
    verify_code(artifact)
    return Code(folder, artifact.manifest.script if artifact.manifest else "")


def _pack_with_code(
    artifact: Artifact,
    given: Code,
    workplace: Path,
    ours: Sequence[Path],
    sample: Path | None,
    names: Sequence[str],
    keep_source: bool,
    say: Say,
) -> Manifest:
    """`ours` are the model and the archive, wherever they lie: neither is a part of the code or of the other."""
    if not given.folder.is_dir():
        raise PackingError(
            f"{given.folder} is not a folder.", "Name the folder that the script is in: --code DIR --entry-point FILE"
        )
    copied = code.copy_code(given.folder, workplace, ours)
    folder = workplace / CODE_DIR
    program = code.choose_program(given.folder, copied, given.program)
    if note := code.requirements_note(folder):
        say(note)
    others = [f"{CODE_DIR}/{name}" for name in copied]
    with code.importable(folder):
        if not program:
            say("code: no script, only what the model needs")
            manifest = _pack_model(artifact, workplace, sample, names, keep_source, say, others=others)
            if not code.modules_of(folder):
                say("warning: no file of the code has a serving hook, and the model needs none of it: it does nothing")
            return manifest
        hooks = code.check_hooks(folder, program, keep_source)
        say(f"script: {program} ({', '.join(hooks.names)})")
        others += _copy_others(artifact, workplace, (*ours, given.folder), say)
        if not hooks.model_fn:
            return _pack_model(artifact, workplace, sample, names, keep_source, say, program, others)
        return _pack_for_script(artifact, workplace, sample, names, say, program, others)


def _pack_for_script(
    artifact: Artifact,
    workplace: Path,
    sample: Path | None,
    names: Sequence[str],
    say: Say,
    program: str,
    others: Sequence[str],
) -> Manifest:
    """A model that the script loads itself: described where it is an estimator, else taken as it is."""
    manifest, file = artifact.manifest, artifact.model_file
    if manifest is not None and MODEL_FILE not in manifest.files and manifest.engine != "script":
        raise _without_source()
    if not (artifact.directory / file).is_file():
        return write_script_manifest(workplace, program, others)
    if file != MODEL_FILE:  # the script looks for the name it knows
        with artifact.open(file) as model, (workplace / file).open("wb") as copy:
            shutil.copyfileobj(model, copy)
        others = [*others, file]
    try:
        return _pack_model(artifact, workplace, sample, names, True, say, program, others)
    except NotAnEstimator as error:
        say(f"engine: script, because {error.message}")
        return write_script_manifest(workplace, program, [*others, MODEL_FILE] if file == MODEL_FILE else others)


def _copy_others(artifact: Artifact, workplace: Path, leave_out: Sequence[Path], say: Say) -> list[str]:
    """What else a model's folder holds may be the script's: an encoder, a list of labels."""
    directory, manifest = artifact.directory, artifact.manifest
    if leave_out[0].name == artifact.model_file:
        return []
    if manifest is None:
        kept = gather(directory, workplace, (*leave_out, directory / FOREST_DIR, directory / CODE_DIR))
    else:
        kept = [name for name in manifest.files if name != MODEL_FILE and not name.startswith(_OURS)]
        for name in kept:
            (workplace / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(artifact.verify(name), workplace / name)
    if kept:
        say(f"for the script: {', '.join(kept[:8])}{' …' * (len(kept) > 8)}")
    return kept


def _without_source() -> PackingError:
    return PackingError(
        "This model was packed with --no-source: there is no estimator in it to pack again.",
        "Pack the model it was made from.",
    )


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
    known = artifact.manifest
    if known is not None and MODEL_FILE not in known.files:
        if known.engine != "script":
            raise _without_source()
        raise PackingError(
            f"This model has no {MODEL_FILE}: only a script can load it.", "Pack it with a script that has a model_fn."
        )
    with artifact.open(artifact.model_file) as model, (workplace / MODEL_FILE).open("wb") as copy:
        shutil.copyfileobj(model, copy)
    estimator, written_by = read_estimator(artifact)
    described = known if known is not None and known.features else sklearn_model.describe(estimator)
    described = described._replace(script=script)
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
