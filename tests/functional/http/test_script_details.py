"""What a script's hooks are given, and what becomes of what they return or raise, behind the application."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from flask.testing import FlaskClient
from script_cases import ANSWERS, FOREST, ROWS, X
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from container.server import wsgi
from container.settings import Settings

JSON = "application/json"
Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """The application over a bare model and a script of this code."""
    path, modules = list(sys.path), set(sys.modules)

    def serve(code: str, model: Any = FOREST) -> FlaskClient:
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "inference.py").write_text(code)
        if isinstance(model, bytes):
            (tmp_path / "model.joblib").write_bytes(model)
        else:
            joblib.dump(model, tmp_path / "model.joblib")
        service, app = wsgi.compose(Settings(timeout=5))
        service.load(lambda: wsgi.load_pipeline(tmp_path, Settings(timeout=5)))
        return app.test_client()

    yield serve
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def ask(client: FlaskClient, body: Any, content_type: str = JSON, accept: str = "*/*") -> Any:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/invocations", data=content, content_type=content_type, headers={"Accept": accept})


def test_predict_fn_gets_an_array_where_the_model_takes_one_whatever_it_was_fitted_with(serve):
    named = RandomForestRegressor(5, random_state=0).fit(pd.DataFrame(X, columns=["a", "b"]), X[:, 0])
    client = serve("def predict_fn(data, model):\n    return model.predict(data[:, [0, 1]].reshape(-1, 2))", named)
    for body in (ROWS, [{"b": b, "a": a} for a, b in ROWS]):
        assert ask(client, body).json == ANSWERS


def test_rows_in_an_envelope_are_answered_in_one_whatever_predict_fn_makes_of_them(serve):
    client = serve("def predict_fn(data, model):\n    return [{'price': value} for value in model.predict(data)]")
    prices = [{"price": value} for value in ANSWERS]
    assert ask(client, ROWS).json == prices
    assert ask(client, {"instances": ROWS}).json == {"predictions": prices}


def test_a_label_of_predict_fn_is_json_where_json_is_accepted(serve):
    client = serve("def predict_fn(data, model):\n    return 'cheap'")
    assert ask(client, ROWS).data == b'"cheap"'
    assert ask(client, ROWS, accept="text/csv").data == b"cheap"


def test_whatever_a_script_raises_the_next_request_is_answered(serve):
    client = serve(
        "def input_fn(body, content_type):\n"
        "    class Odd(BaseException): pass\n"
        "    if body == 'exit': raise SystemExit(0)\n"
        "    if body == 'odd': raise Odd\n"
        "    if body == 'deep': return input_fn(body, content_type)\n"
        "    return [[0.1, 0.2]]"
    )
    for body in ("exit", "odd", "deep"):
        answer = ask(client, body)
        assert (answer.status_code, answer.json["error"]["code"]) == (500, "script_failed")
    assert ask(client, "fine").json == ANSWERS[:1]


def test_what_input_fn_is_told(serve):
    client = serve(
        "def input_fn(body, content_type): return [type(body).__name__, body[:3], content_type]\n"
        "def predict_fn(data, model): return {'told': [str(part) for part in data]}"
    )
    told = {
        b"\xef\xbb\xbf1,2": ("text/csv", ["str", "1,2", "text/csv"]),
        b"abc": ("Application/JSON; charset=utf-8", ["str", "abc", JSON]),
        b"xyz": ("multipart/form-data; boundary=Ab", ["bytes", "b'xyz'", "multipart/form-data; boundary=Ab"]),
        b"{}": ("application/jsonlines", ["bytes", "b'{}'", "application/jsonlines"]),
    }
    for body, (content_type, expected) in told.items():
        assert ask(client, body, content_type).json == {"told": expected}


def test_a_model_of_texts_answers_what_input_fn_reads(serve):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["a good day", "a bad night"], ["up", "down"])
    client = serve("import json\ndef input_fn(body, content_type): return json.loads(body)['texts']", model)
    assert ask(client, {"texts": ["good", "night"]}).json == ["up", "down"]


@pytest.mark.parametrize(
    "line",
    [
        "from sagemaker_inference import content_types, decoder, default_inference_handler, encoder, errors, utils",
        "from sagemaker_inference.errors import BaseInferenceToolkitError, GenericInferenceToolkitError",
        "from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker",
        "from sagemaker_training import environment",
    ],
)
def test_what_scripts_of_aws_import_is_there(serve, line):
    assert ask(serve(f"{line}\ndef output_fn(prediction, accept): return 'done'"), ROWS).data == b"done"


def test_a_worker_response_is_json_unless_it_says_otherwise(serve):
    client = serve(
        "from sagemaker_containers.beta.framework import worker\n"
        "def output_fn(prediction, accept): return worker.Response(response='{}')"
    )
    assert ask(client, ROWS, accept="text/csv").mimetype == JSON


@pytest.mark.parametrize(
    "line",
    [
        "from sklearn.externals import joblib",
        "import sklearn.externals.joblib as joblib",
        "from sklearn.externals.joblib import load\nimport joblib",
    ],
)
def test_joblib_has_the_name_that_it_had_in_aws_first_containers(serve, line):
    client = serve(f"{line}\ndef model_fn(model_dir): return joblib.load(model_dir + '/model.joblib')")
    assert ask(client, ROWS).json == ANSWERS


def test_what_a_training_script_pickled_as_its_own_is_found_in_the_script_that_serves(serve):
    """As `python train.py` leaves it: the pickle asks `__main__` for the function."""
    main = sys.modules["__main__"]
    main.halved = lambda rows: rows / 2  # type: ignore[attr-defined]
    main.halved.__module__, main.halved.__qualname__ = "__main__", "halved"
    model = make_pipeline(FunctionTransformer(main.halved), LinearRegression()).fit(X, X[:, 0])
    code = "def halved(rows):\n    return rows / 2\ndef input_fn(body, content_type): return [[0.1, 0.2]]"
    try:
        pickled = pickle.dumps(model)
        del main.halved  # type: ignore[attr-defined]
        client = serve(code, pickled)
        assert ask(client, "x").json == pytest.approx([0.1])
    finally:
        del main.halved  # type: ignore[attr-defined]


def test_the_log_of_a_status_500_that_a_script_chose_has_the_scripts_lines_alone(serve, caplog):
    client = serve("import flask\ndef input_fn(body, content_type): flask.abort(500, 'no database')")
    caplog.clear()
    assert ask(client, ROWS).json["error"]["message"] == "no database"
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is None
