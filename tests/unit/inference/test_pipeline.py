from __future__ import annotations

import numpy as np
import pytest
from toy import loaded, schema

from container.errors import BadValue, PredictionFailed, SettingsError
from container.inference.model import RowRejected
from container.inference.pipeline import Invocation, Pipeline, Timings


class Rejects:
    def predict(self, rows):
        raise RowRejected(1, 0, "it is too odd")


class Fails:
    def predict(self, rows):
        raise RuntimeError("secret")


def with_model(model) -> Pipeline:
    return Pipeline(loaded(schema("a"))._replace(model=model))


def test_the_stages_are_timed_and_rows_counted():
    timings = Timings()
    Pipeline(loaded(schema("a")))(Invocation(b"1\n2\n", "text/csv"), timings)
    assert list(timings.milliseconds) == ["decode", "validate", "predict", "encode"]
    assert timings.rows == 2


def test_a_rejected_row_is_named():
    with pytest.raises(BadValue, match=r"Row 2, column 1 \(a\): the model can't take it: it is too odd"):
        with_model(Rejects())(Invocation(b"1\n2\n", "text/csv"), Timings())


def test_a_failing_model_keeps_its_words_to_itself():
    with pytest.raises(PredictionFailed) as caught:
        with_model(Fails())(Invocation(b"1\n", "text/csv"), Timings())
    assert "secret" not in caught.value.paragraph()
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_answer_in_an_unknown_form_is_refused_at_start():
    with pytest.raises(SettingsError, match="image/png"):
        Pipeline(loaded(schema("a")), default_accept="image/png")


@pytest.mark.parametrize("keys", [("labels",), ("probability",)])
def test_a_regressor_has_no_labels(keys):
    with pytest.raises(SettingsError, match="no classifier"):
        Pipeline(loaded(schema("a")), keys=keys)


def test_a_classifier_without_probabilities_says_so_at_start():
    classifier = loaded(schema("a"))._replace(task="classification", classes=((0, 1),))
    Pipeline(classifier, keys=("predicted_label", "labels"))
    with pytest.raises(SettingsError, match="predict_proba"):
        Pipeline(classifier, keys=("probability",))


def test_several_outputs_stay_apart():
    class Two:
        def predict(self, rows):
            return np.column_stack([rows[:, 0], -rows[:, 0]])

        def predict_proba(self, rows):
            return [np.array([[0.25, 0.75]] * len(rows)), np.array([[1.0, 0.0]] * len(rows))]

    base = loaded(schema("a"))._replace(model=Two(), outputs=("x", "y"))
    assert Pipeline(base)(Invocation(b"[[1]]"), Timings()).body == b"[[1.0,-1.0]]"
    both = base._replace(task="classification", classes=((0, 1), ("n", "y")), has_probabilities=True)
    pipeline = Pipeline(both, keys=("probability", "labels"))
    assert pipeline(Invocation(b"[[1]]"), Timings()).body == b'[{"probability":[0.75,1.0],"labels":[[0,1],["n","y"]]}]'
