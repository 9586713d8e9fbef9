"""manifest.json: what a packed model is, takes and answers, and the hash of every file it vouches for.

Only data lives here: reading, writing and checking the document. Additions keep old artifacts loading, so unknown
keys are ignored; `format_version` rises only when an old reader would misread.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final, Literal, NamedTuple, get_args

from container.errors import ArtifactError

MANIFEST_FILE: Final = "manifest.json"
FORMAT_VERSION: Final = 2
SCRIPTLESS_VERSION: Final = 1
"""What is written where no script answers in the model's place: a reader of version 1 reads it rightly."""

Task = Literal["regression", "classification", "other"]
Engine = Literal["sklearn", "forest", "script"]
DType = Literal["float64", "int64", "bool", "string"]
InputKind = Literal["array", "frame"]
Label = str | int | float | bool


class Feature(NamedTuple):
    """One input column. `name` is empty where the model was fitted without names."""

    name: str
    dtype: DType = "float64"


class Schema:
    """The input columns, in the model's order; what every request asks of them is worked out once."""

    def __init__(self, features: tuple[Feature, ...]) -> None:
        self.features = features
        self.names: tuple[str, ...] = tuple(feature.name for feature in features)
        """Column names; empty strings where the model has none."""
        self.named: bool = all(self.names)
        """Whether columns can be matched by name."""
        self.numeric: bool = all(feature.dtype in ("float64", "int64") for feature in features)
        """Whether every column holds floating-point or whole numbers, so that rows are one float64 matrix."""

    def column(self, index: int) -> str:
        """How a message names the column at `index` (0-based)."""
        name = self.features[index].name
        return f"column {index + 1} ({name})" if name else f"column {index + 1}"


class FileEntry(NamedTuple):
    """One file the manifest vouches for."""

    sha256: str
    bytes: int


class Example(NamedTuple):
    """A few rows (None for a missing value) with the answers the packed model gave for them."""

    rows: tuple[tuple[Any, ...], ...]
    predictions: tuple[Any, ...]


class Manifest(NamedTuple):
    """The whole document.

    `classes` holds one tuple of labels per output of a classifier, else None. `script` is the path of the user's
    program below code/; the engine `script` means that only it can load the model, so `features` may be empty.
    `warnings` are what packing had to say of the model. `importances` are a forest's, one for each feature, or empty.
    """

    task: Task
    engine: Engine
    input: InputKind
    features: tuple[Feature, ...]
    outputs: tuple[str, ...]
    classes: tuple[tuple[Label, ...], ...] | None
    versions: Mapping[str, str]
    files: Mapping[str, FileEntry]
    example: Example | None = None
    metrics: Mapping[str, float] | None = None
    script: str = ""
    warnings: tuple[str, ...] = ()
    importances: tuple[float, ...] = ()
    model_id: str = ""

    @property
    def format_version(self) -> int:
        """The oldest version whose readers read this document rightly."""
        return FORMAT_VERSION if self.script else SCRIPTLESS_VERSION

    @property
    def schema(self) -> Schema:
        """The input columns."""
        return Schema(self.features)

    def with_id(self) -> Manifest:
        """The same manifest with the id its content gives it: equal content, equal id."""
        unnamed = self._replace(model_id="")
        return self._replace(model_id=hashlib.sha256(unnamed.to_json().encode()).hexdigest()[:16])

    def to_json(self) -> str:
        """The document, byte for byte the same for the same content."""
        document = {
            "format_version": self.format_version,
            "model_id": self.model_id,
            **{name: value for name, value in self._asdict().items() if name != "model_id"},
            "features": [feature._asdict() for feature in self.features],
            "files": {name: entry._asdict() for name, entry in self.files.items()},
            "example": self.example._asdict() if self.example else None,
        }
        for name in ("script", "warnings", "importances"):  # without them it and so the model's id is as it always was
            if not document[name]:
                del document[name]
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Manifest:
        """Read the document; raises ArtifactError that names the key which is missing, of the wrong kind or newer."""
        try:
            document = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ArtifactError(f"{MANIFEST_FILE} is not JSON: {error}.", _REPACK) from None
        return _parse(_Node(document, MANIFEST_FILE))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


_REPACK: Final = "Pack the model again with `coppice pack`."


class _Node:
    """A value in the document together with where it stands, so that every complaint can say so."""

    def __init__(self, value: Any, where: str) -> None:
        self.value = value
        self.where = where

    def expect(self, kind: type | tuple[type, ...], called: str) -> Any:
        if not isinstance(self.value, kind) or (isinstance(self.value, bool) and kind is int):
            raise ArtifactError(f"{self.where} should be {called}; it is {_short(self.value)}.", _REPACK)
        return self.value

    def number(self) -> Any:
        value = self.expect((int, float), "a number")
        if isinstance(value, bool) or abs(value) > sys.float_info.max:
            raise ArtifactError(f"{self.where} should be a number; it is {_short(value)}.", _REPACK)
        return value

    def items(self) -> list[_Node]:
        values = self.expect(list, "a list")
        return [_Node(value, f"{self.where}[{index}]") for index, value in enumerate(values)]

    def fields(self) -> dict[str, _Node]:
        values = self.expect(dict, "an object")
        return {key: _Node(value, f"{self.where}: {key}") for key, value in values.items()}

    def field(self, key: str) -> _Node:
        fields = self.fields()
        if key not in fields:
            raise ArtifactError(f"{self.where} has no {key!r}.", _REPACK)
        return fields[key]

    def optional(self, key: str) -> _Node | None:
        node = self.fields().get(key)
        return None if node is None or node.value is None else node

    def choice(self, allowed: tuple[str, ...]) -> Any:
        if self.value not in allowed:
            raise ArtifactError(f"{self.where} is {_short(self.value)}; allowed is {' or '.join(allowed)}.", _REPACK)
        return self.value


def _short(value: object) -> str:
    if isinstance(value, list | dict):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _parse(root: _Node) -> Manifest:
    version = root.field("format_version").expect(int, "a whole number")
    if not 1 <= version <= FORMAT_VERSION:
        raise ArtifactError(
            f"{MANIFEST_FILE} has format_version {version}; this Coppice reads up to {FORMAT_VERSION}.",
            "Serve it with a newer Coppice, or pack the model again with this one.",
        )
    features = tuple(_feature(node) for node in root.field("features").items())
    names = [feature.name for feature in features if feature.name]
    engine = root.field("engine").choice(get_args(Engine))
    if (not features and engine != "script") or len(set(names)) != len(names):
        raise ArtifactError(f"{MANIFEST_FILE} lists {'a feature twice' if features else 'no features'}.", _REPACK)
    return Manifest(
        model_id=root.field("model_id").expect(str, "a text"),
        task=root.field("task").choice(get_args(Task)),
        engine=engine,
        input=root.field("input").choice(get_args(InputKind)),
        features=features,
        outputs=tuple(node.expect(str, "a text") for node in root.field("outputs").items()),
        classes=_classes(root.optional("classes")),
        versions={key: node.expect(str, "a text") for key, node in root.field("versions").fields().items()},
        files={key: _file(key, node) for key, node in root.field("files").fields().items()},
        example=_example(root.optional("example"), features),
        metrics=_metrics(root.optional("metrics")),
        script=_script(root.optional("script")),
        warnings=_warnings(root.optional("warnings")),
        importances=_importances(root.optional("importances"), len(features)),
    )


def _feature(node: _Node) -> Feature:
    return Feature(name=node.field("name").expect(str, "a text"), dtype=node.field("dtype").choice(get_args(DType)))


def _file(name: str, node: _Node) -> FileEntry:
    _check_inside(name, node)
    return FileEntry(
        sha256=node.field("sha256").expect(str, "a text"),
        bytes=node.field("bytes").expect(int, "a whole number"),
    )


def _check_inside(name: str, node: _Node) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ArtifactError(f"{node.where} leads out of the model's folder.", _REPACK)


def _script(node: _Node | None) -> str:
    name: str = "" if node is None else node.expect(str, "a text")
    if node is not None:
        _check_inside(name, node)
    return name


def _warnings(node: _Node | None) -> tuple[str, ...]:
    return () if node is None else tuple(text.expect(str, "a text") for text in node.items())


def _importances(node: _Node | None, n_features: int) -> tuple[float, ...]:
    if node is None:
        return ()
    values = tuple(float(value.number()) for value in node.items())
    if len(values) not in (0, n_features):
        raise ArtifactError(f"{node.where} has {len(values)} numbers for {n_features} features.", _REPACK)
    return values


def _classes(node: _Node | None) -> tuple[tuple[Label, ...], ...] | None:
    if node is None:
        return None
    return tuple(
        tuple(label.expect((str, int, float, bool), "a label") for label in output.items()) for output in node.items()
    )


def _example(node: _Node | None, features: tuple[Feature, ...]) -> Example | None:
    if node is None:
        return None
    rows = [row.items() for row in node.field("rows").items()]
    predictions = node.field("predictions").items()
    if not rows or len(rows) != len(predictions) or any(len(row) != len(features) for row in rows):
        raise ArtifactError(
            f"{node.where} needs one answer for each row and {len(features)} values in each row.", _REPACK
        )
    cells = tuple(tuple(_cell(cell, feature) for cell, feature in zip(row, features, strict=True)) for row in rows)
    return Example(cells, tuple(_prediction(prediction) for prediction in predictions))


def _cell(node: _Node, feature: Feature) -> Any:
    if node.value is None or feature.dtype == "string":
        return node.expect((str, type(None)), "a text or null")
    return node.expect(bool, "true, false or null") if feature.dtype == "bool" else node.number()


def _prediction(node: _Node) -> Any:
    return [_label(item) for item in node.items()] if isinstance(node.value, list) else _label(node)


def _label(node: _Node) -> Any:
    return node.value if isinstance(node.value, bool | str | None) else node.number()


def _metrics(node: _Node | None) -> dict[str, float] | None:
    if node is None:
        return None
    return {key: float(value.number()) for key, value in node.fields().items()}
