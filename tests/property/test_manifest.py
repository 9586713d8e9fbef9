"""Whatever is in manifest.json: it is read as it was written, or refused as an artifact that can't be used."""

from __future__ import annotations

import contextlib
import json
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from container.artifact.manifest import DType, Engine, Example, Feature, FileEntry, InputKind, Manifest, Task
from container.errors import ArtifactError
from container.inference.model import example_rows

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63)
LABELS = TEXT | st.booleans() | NUMBERS
CELLS = {"float64": NUMBERS, "int64": NUMBERS, "bool": st.booleans(), "string": TEXT}


@st.composite
def features(draw: st.DrawFn) -> tuple[Feature, ...]:
    names = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    return tuple(Feature(name, draw(st.sampled_from(get_args(DType)))) for name in names)


@st.composite
def examples(draw: st.DrawFn, columns: tuple[Feature, ...]) -> Example:
    row = st.tuples(*(st.none() | CELLS[feature.dtype] for feature in columns))
    rows = tuple(draw(st.lists(row, min_size=1, max_size=3)))
    answers = LABELS | st.lists(LABELS, max_size=3)
    return Example(rows, tuple(draw(st.lists(answers, min_size=len(rows), max_size=len(rows)))))


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    columns = draw(features())
    names = st.text("abc/._", min_size=1).filter(lambda name: not name.startswith("/") and ".." not in name.split("/"))
    return Manifest(
        task=draw(st.sampled_from(get_args(Task))),
        engine=draw(st.sampled_from(get_args(Engine))),
        input=draw(st.sampled_from(get_args(InputKind))),
        features=columns,
        outputs=tuple(draw(st.lists(TEXT, max_size=3))),
        classes=draw(st.none() | st.lists(st.lists(LABELS, max_size=3).map(tuple), max_size=2).map(tuple)),
        versions=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
        files=draw(st.dictionaries(names, st.builds(FileEntry, TEXT, st.integers(0)), max_size=3)),
        example=draw(st.none() | examples(columns)),
        importances=draw(st.just(()) | st.tuples(*(st.floats(0, 1) for _ in columns))),
        metrics=draw(st.none() | st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=3)),
    ).with_id()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(manifests())
def test_what_is_written_is_read_back(manifest: Manifest) -> None:
    found = Manifest.from_json(manifest.to_json())
    assert found.to_json() == manifest.to_json()
    assert found.with_id() == manifest


@given(JSON | st.dictionaries(st.sampled_from(["format_version", "features", "files"]), JSON))
def test_any_json_is_read_or_refused(document: Any) -> None:
    with contextlib.suppress(ArtifactError):
        Manifest.from_json(json.dumps(document))


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_refused(content: bytes) -> None:
    with contextlib.suppress(ArtifactError):
        Manifest.from_json(content)


@given(manifests(), st.data())
def test_any_other_value_in_any_place_is_read_or_refused(manifest: Manifest, data: st.DataObject) -> None:
    """And the example of what is read can be given to an engine."""
    document = json.loads(manifest.to_json())
    node: Any = document
    while True:
        places = list(node) if isinstance(node, dict) else list(range(len(node)))
        place = data.draw(st.sampled_from(places))
        inner = node[place]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            node[place] = data.draw(JSON)
            break
        node = inner
    with contextlib.suppress(ArtifactError):
        found = Manifest.from_json(json.dumps(document))
        if found.example is not None:
            example_rows(found.example, found.schema)
