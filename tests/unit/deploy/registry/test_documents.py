"""The metrics in SageMaker's words, and the sample payload."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest
from archives import manifest

from container.artifact.manifest import Example
from deploy.registry.documents import metrics, sample_payload


def scores(**changes: Any) -> Any:
    found = metrics(manifest(**changes))
    return None if found is None else json.loads(found)


def unknown(value: float) -> dict[str, Any]:
    return {"value": value, "standard_deviation": "NaN"}


def test_a_regressions_scores_on_rows_it_has_not_seen() -> None:
    assert scores() == {"regression_metrics": {"rmse": unknown(0.5), "r2": unknown(0.8)}}


def test_the_test_channel_speaks_before_the_validation_channel() -> None:
    both = {"validation:rmse": 0.5, "test:rmse": 0.7}
    assert scores(metrics=both) == {"regression_metrics": {"rmse": unknown(0.7)}}


@pytest.mark.parametrize(
    ("classes", "section"),
    [
        ((("no", "yes"),), "binary_classification_metrics"),
        ((("a", "b", "c"),), "multiclass_classification_metrics"),
        ((("no", "yes"), ("a", "b")), "multiclass_classification_metrics"),
    ],
)
def test_a_classifiers_scores(classes: Any, section: str) -> None:
    found = scores(task="classification", classes=classes, metrics={"test:accuracy": 0.9, "test:f1": 0.8})
    assert found == {section: {"accuracy": unknown(0.9), "macro_f1": unknown(0.8)}}


@pytest.mark.parametrize("none", [None, {}, {"training:rmse": 0.1}])
def test_no_scores_no_document(none: Any) -> None:
    assert scores(metrics=none) is None


def test_another_task_has_none_of_sagemakers_sections() -> None:
    assert scores(task="other") is None


def test_the_payload_is_one_csv_of_the_example_rows() -> None:
    packed = sample_payload(manifest())
    assert packed is not None
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        (member,) = tar.getmembers()
        content = tar.extractfile(member)
        assert content is not None
        assert content.read().decode() == '3.0,Bonn\n,"a, b"\n'
    assert packed == sample_payload(manifest()), "equal rows give equal bytes"
    assert packed != sample_payload(manifest(example=Example(((1.0, "x"),), (2.0,))))


def test_no_example_no_payload() -> None:
    assert sample_payload(manifest(example=None)) is None
