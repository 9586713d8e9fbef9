"""Writes a model's manifest: runs the packed model, and refuses what answers differently from the estimator."""

from __future__ import annotations

import hashlib
import platform
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from container import __version__
from container.artifact.manifest import MANIFEST_FILE, Example, FileEntry, InputKind, Manifest
from container.artifact.store import FOREST_DIR, MODEL_FILE, open_directory
from container.codecs.rows import Array, plain
from container.errors import IncompatibleModel, PackingError
from container.inference import sklearn_model
from container.inference.model import load
from container.packing.compile import compile_forest
from container.packing.importances import importances

Say = Callable[[str], None]

EXAMPLE_ROWS: Final = 3
TRIAL_ROWS: Final = 200
_LIBRARIES: Final = ("numpy", "scikit-learn", "joblib", "pandas")


def write_manifest(
    directory: Path,
    estimator: Any,
    described: Manifest,
    rows: Array | None,
    written_by: str = "",
    keep_source: bool = True,
    say: Say = lambda _line: None,
    others: Sequence[str] = (),
) -> Manifest:
    """Complete `described` for the model file in `directory`, compile it where that can be done, write the manifest.

    What can then be loaded from there must answer `rows` (n, features) as `estimator` does, or PackingError is raised.
    `written_by` is the scikit-learn version that pickled the model, by default the one here. `others` are further files
    in `directory` that belong to the model, such as a script's.
    """
    versions = _versions()
    if written_by:
        versions["scikit-learn"] = written_by
    sklearn_model.use_one_core(estimator)
    why_not = compile_forest(estimator, directory, rows)
    say(f"engine: sklearn, because {why_not}" if why_not else "engine: forest, equal to the estimator bit for bit")
    if why_not and not keep_source:
        raise PackingError(f"Without its source this model can't be served: {why_not}.", "Leave --no-source out.")
    names = [MODEL_FILE] if keep_source else []
    names += [f"{FOREST_DIR}/{path.name}" for path in sorted((directory / FOREST_DIR).glob("*"))]
    names += others
    manifest = described._replace(
        engine="sklearn" if why_not else "forest",
        versions=versions,
        files={name: _entry(directory / name) for name in names},
        importances=importances(estimator, len(described.features)),
    )
    expected = np.empty(0)
    if rows is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that are there or aren't: that is what is tried out
            manifest, expected = _with_answers(manifest, estimator, rows)
    try:
        manifest = manifest.with_id()
    except (TypeError, ValueError) as error:
        raise PackingError(
            f"A label, an example row or its answer can't be written as JSON: {error}.",
            "Give rows that it answers with numbers or texts: --sample rows.csv.",
        ) from None
    (directory / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
    if not _answers(directory, rows, expected):
        (directory / MANIFEST_FILE).unlink()
        raise PackingError(
            "The packed model doesn't answer as the estimator does, so it isn't written.",
            "This is a bug in Coppice, or an estimator whose answers change from call to call.",
        )
    return manifest


def write_script_manifest(directory: Path, program: str, names: Sequence[str]) -> Manifest:
    """The manifest of a model that only its script can load."""
    manifest = Manifest(
        task="other",
        engine="script",
        input="array",
        features=(),
        outputs=(),
        classes=None,
        versions=_versions(),
        files={name: _entry(directory / name) for name in names},
        script=program,
    ).with_id()
    (directory / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _answers(directory: Path, rows: Array | None, expected: Array) -> bool:
    """Whether what can be loaded from there answers `rows` as expected."""
    try:
        packed = load(open_directory(directory))
    except IncompatibleModel:  # it doesn't even answer its example
        return False
    return rows is None or _equal(packed.model.predict(rows), expected)


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as content:
        return FileEntry(hashlib.file_digest(content, "sha256").hexdigest(), path.stat().st_size)


def _versions() -> dict[str, str]:
    found = {"coppice": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def _with_answers(manifest: Manifest, estimator: Any, rows: Array) -> tuple[Manifest, Array]:
    """The manifest with its way of input and its example, and the estimator's own answers to all `rows`."""
    kinds: tuple[InputKind, ...] = ("array", "frame") if manifest.schema.named else ("array",)
    answers: dict[str, Array] = {}
    failure: Exception | None = None
    for kind in kinds:
        try:
            answers[kind] = sklearn_model.SklearnModel(estimator, manifest.schema, kind == "frame").predict(rows)
        except Exception as error:  # noqa: BLE001 - whatever the estimator raises, it can't take its input this way
            failure = error
    if not answers:
        raise PackingError(
            f"The estimator doesn't answer the rows it is tried on: {type(failure).__name__}: {failure}",
            "Give rows that it can answer: --sample rows.csv.",
        )
    # A frame is what it was fitted with, so its answers are the right ones; arrays are faster and need no pandas.
    best = "frame" if "frame" in answers else "array"
    alike = "array" in answers and _equal(answers["array"], answers[best]) and _are_alike(estimator, manifest)
    kind_kept: InputKind = "array" if alike else "frame"
    shown = rows[:EXAMPLE_ROWS]
    example = Example(
        tuple(tuple(None if cell != cell else cell for cell in row) for row in plain(shown)),
        tuple(plain(answers[best][:EXAMPLE_ROWS])),
    )
    width = 1 if answers[best].ndim == 1 else answers[best].shape[1]
    outputs = manifest.outputs
    if width != len(outputs):  # not every estimator says beforehand how much it answers
        outputs = tuple(f"prediction_{index}" for index in range(width))
    return manifest._replace(input=kind_kept, example=example, outputs=outputs), answers[best]


def _are_alike(estimator: Any, manifest: Manifest) -> bool:
    """Whether arrays and frames get the same answers, to the last bit.

    A frame's columns lie apart in memory, and BLAS may add them up in another order. Few rows might not show it; random
    ones say nothing where they can't be answered.
    """
    schema = manifest.schema
    if not (schema.named and schema.numeric):
        return True
    rows = np.random.default_rng(0).normal(size=(TRIAL_ROWS, len(schema.features)))
    try:
        array, frame = (sklearn_model.SklearnModel(estimator, schema, kind).predict(rows) for kind in (False, True))
    except Exception:  # noqa: BLE001 - as above
        return True
    return _equal(array, frame)


def _equal(one: Array, other: Array) -> bool:
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
