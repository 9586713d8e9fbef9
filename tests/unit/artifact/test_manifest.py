"""manifest.json: what is written is read back; what isn't right is refused by its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from container.artifact.manifest import FORMAT_VERSION, Example, Feature, FileEntry, Manifest, Schema
from container.errors import ArtifactError

MANIFEST = Manifest(
    task="classification",
    engine="sklearn",
    input="frame",
    features=(Feature("größe, cm"), Feature("farbe", "string"), Feature("neu", "bool")),
    outputs=("art",),
    classes=(("a", "b"),),
    versions={"scikit-learn": "1.9.1"},
    files={"model.joblib": FileEntry("ab" * 32, 10)},
    example=Example(((1.5, "rot", True), (None, None, None)), ("a", "b")),
    metrics={"validation:f1": 0.5},
).with_id()


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(MANIFEST.to_json()) | changes)


def test_what_is_written_is_read_back() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_the_id_follows_the_content() -> None:
    assert MANIFEST.with_id().model_id == MANIFEST.model_id
    assert MANIFEST._replace(task="other").with_id().model_id != MANIFEST.model_id


def test_keys_of_later_times_are_ignored() -> None:
    assert Manifest.from_json(changed(colour="red")) == MANIFEST


@pytest.mark.parametrize("version", [0, -1, FORMAT_VERSION + 1])
def test_a_format_not_known_here_is_refused_with_what_to_do(version: int) -> None:
    with pytest.raises(ArtifactError, match=f"format_version {version}; this Coppice reads up to") as refusal:
        Manifest.from_json(changed(format_version=version))
    assert "newer Coppice" in refusal.value.hint


def test_a_newer_format_is_told_before_anything_else_that_looks_odd() -> None:
    with pytest.raises(ArtifactError, match="format_version 9"):
        Manifest.from_json('{"format_version": 9}')


@pytest.mark.parametrize("key", ["format_version", "model_id", "task", "engine", "input", "features", "outputs",
                                 "versions", "files"])  # fmt: skip
def test_a_missing_key_is_named(key: str) -> None:
    document = json.loads(MANIFEST.to_json())
    del document[key]
    with pytest.raises(ArtifactError, match=f"manifest.json has no '{key}'"):
        Manifest.from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"task": "guessing"}, "manifest.json: task is 'guessing'; allowed is regression or"),
        ({"format_version": True}, "format_version should be a whole number"),
        ({"features": []}, "lists no features"),
        ({"features": [{"name": "a", "dtype": "float64"}] * 2}, "lists a feature twice"),
        ({"features": [{"name": "a", "dtype": "date"}]}, r"features\[0\]: dtype is 'date'"),
        ({"outputs": [1]}, r"outputs\[0\] should be a text"),
        ({"classes": [["a", []]]}, "should be a label"),
        ({"files": {"../../etc/passwd": {"sha256": "", "bytes": 1}}}, "leads out of the model's folder"),
        ({"files": {"/etc/passwd": {"sha256": "", "bytes": 1}}}, "leads out of the model's folder"),
        ({"files": {"model.joblib": {"sha256": 1, "bytes": 1}}}, "sha256 should be a text"),
        ({"example": {"rows": [], "predictions": []}}, "needs one answer for each row"),
        ({"example": {"rows": [[1, "a", True]], "predictions": []}}, "needs one answer for each row"),
        ({"example": {"rows": [[1]], "predictions": [1]}}, "3 values in each row"),
        ({"example": {"rows": [["1", "a", True]], "predictions": ["a"]}}, "should be a number"),
        ({"example": {"rows": [[1, 2, True]], "predictions": ["a"]}}, "should be a text or null"),
        ({"example": {"rows": [[1, "a", "yes"]], "predictions": ["a"]}}, "should be true, false or null"),
        ({"example": {"rows": [[1, "a", True]], "predictions": [{}]}}, "should be a number; it is an object"),
        ({"metrics": {"rmse": "low"}}, "rmse should be a number"),
        ({"metrics": {"rmse": 10**400}}, "rmse should be a number"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArtifactError, match=complaint):
        Manifest.from_json(changed(**changes))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_does_not_know_as_a_number_is_refused(number: str) -> None:
    with pytest.raises(ArtifactError, match=f"not JSON: {number} is no JSON number"):
        Manifest.from_json(MANIFEST.to_json().replace("0.5", number))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', b"\xff\xfe\x00", "[" * 100_000])
def test_what_is_no_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        Manifest.from_json(text)


def test_a_schema_is_numeric_only_without_text_and_truth_values() -> None:
    assert Schema((Feature("a"), Feature("b", "int64"))).numeric
    assert not MANIFEST.schema.numeric


def test_a_schema_is_named_only_if_every_column_is() -> None:
    assert MANIFEST.schema.named
    assert not Schema((Feature("a"), Feature(""))).named
    assert Schema((Feature("a"), Feature(""))).column(1) == "column 2"
    assert Schema((Feature("a"), Feature(""))).column(0) == "column 1 (a)"
