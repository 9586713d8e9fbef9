"""Real-world-shaped scripts (tests/scripts), each with a model, a request and what it must answer.

The same cases run in Flask's test client and in the image.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.preprocessing import StandardScaler

SCRIPTS = Path(__file__).parents[1] / "scripts"
JSON, CSV = "application/json", "text/csv"
X = np.random.default_rng(0).random((60, 2))
FOREST = RandomForestRegressor(5, random_state=0).fit(X, X[:, 0])
CLASSIFIER = RandomForestClassifier(5, random_state=0).fit(X, np.where(X[:, 0] > 0.5, "dear", "cheap"))
ROWS = [[0.1, 0.2], [0.9, 0.3]]
ANSWERS: list[float] = FOREST.predict(ROWS).tolist()
AS_CSV = "0.1,0.2\n0.9,0.3\n"


def forest(folder: Path) -> None:
    joblib.dump(FOREST, folder / "model.joblib")


def classifier(folder: Path) -> None:
    joblib.dump(CLASSIFIER, folder / "model.joblib")


def nothing(_: Path) -> None:
    """The script needs no model file."""


def in_pieces(folder: Path) -> None:
    scaler = StandardScaler().fit(X)
    joblib.dump(scaler, folder / "scaler.joblib")
    joblib.dump(RandomForestRegressor(5, random_state=0).fit(scaler.transform(X), X[:, 0]), folder / "forest.joblib")
    (folder / "labels.json").write_text('["cheap", "dear"]')


def own_class(script: str, module: str, name: str) -> Callable[[Path], None]:
    """A pickle of a class in the script's folder, which nobody else can import."""

    def make(folder: Path) -> None:
        sys.path.insert(0, str(SCRIPTS / script))
        try:
            estimator = getattr(importlib.import_module(module), name)()
            joblib.dump(estimator.fit(X, X[:, 0]), folder / "model.joblib")
        finally:
            sys.path.remove(str(SCRIPTS / script))
            del sys.modules[module]

    return make


class Request(NamedTuple):
    body: Any
    content_type: str = JSON
    accept: str = "*/*"
    headers: Mapping[str, str] = MappingProxyType({})


class Case(NamedTuple):
    script: str
    model: Callable[[Path], None]
    request: Request
    answer: Any
    media_type: str = JSON
    status: int = 200

    @property
    def name(self) -> str:
        return f"{self.script} {self.request.accept} {self.status}"

    def lay_out(self, folder: Path) -> Path:
        """AWS's layout: the model's files, and the script's in code/."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model(folder)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SCRIPTS / self.script, folder / "code", ignore=ignored)
        return folder

    def check(self, status: int, headers: dict[str, str], body: bytes) -> None:
        assert status == self.status, body
        if status >= 400:
            error = json.loads(body)["error"]
            assert self.answer in error["message"]
            assert "Traceback" not in body.decode() and "s3cr3t" not in body.decode()
            return
        assert headers["Content-Type"].partition(";")[0] == self.media_type
        if isinstance(self.answer, bytes | str):
            assert body == (self.answer if isinstance(self.answer, bytes) else self.answer.encode())
        else:
            assert json.loads(body) == self.answer


ROWS_AS_JSON = json.dumps(ROWS)
CASES = [
    Case("model_fn", forest, Request(ROWS_AS_JSON), ANSWERS),
    Case("model_fn", forest, Request(json.dumps({"instances": ROWS})), {"predictions": ANSWERS}),
    Case("input_fn", forest, Request("0.1;0.2\n0.9;0.3", "text/x-semicolons", CSV),
         "".join(f"{value}\n" for value in ANSWERS), CSV),
    Case("input_fn", forest, Request(AS_CSV, CSV), "doesn't read text/csv", status=400),
    Case("predict_fn", forest, Request(AS_CSV, CSV, JSON), [2 * value for value in ANSWERS]),
    Case("predict_fn", forest, Request("0.1,0.2,0.3\n", CSV), "takes 2", status=400),
    Case("output_fn", forest, Request(AS_CSV, CSV), ";".join(f"{value:.1f}" for value in ANSWERS),
         "text/x-semicolons"),
    Case("all_four", forest, Request(ROWS_AS_JSON), {"result": ANSWERS}),
    Case("all_four", forest, Request(AS_CSV, "Text/CSV; charset=utf-8", CSV), "\n".join(map(str, ANSWERS)), CSV),
    Case("seed", forest, Request('{"Input": [[0.9, 0.3]]}'), {"Output": int(ANSWERS[1] * 1000)}),
    Case("seed", forest, Request("1,2", CSV), "only supports application/json", status=400),
    Case("seed", forest, Request('{"Typo": 1}'), "input_fn raised KeyError", status=500),
    Case("transform_fn", forest, Request(json.dumps({"rows": ROWS}), "application/vnd.rows+json", JSON),
         {"content_type": "application/vnd.rows+json", "n": 2}),
    Case("context", forest, Request(ROWS_AS_JSON, headers={"X-Tenant": "acme"}),
         {"answers": ANSWERS, "tenant": "acme"}, "application/vnd.acme+json", 201),
    Case("dict_answer", forest, Request(ROWS_AS_JSON),
         {"values": ANSWERS, "highest": max(ANSWERS), "order": [0, 1], "missing": None}),
    Case("tuple_answer", forest, Request(ROWS_AS_JSON), b"<n>2</n>", "application/xml"),
    Case("pandas", forest, Request("a,b\n" + AS_CSV, CSV, CSV),
         "row,price\n" + "".join(f"{row},{value}\n" for row, value in enumerate(ANSWERS)), CSV),
    Case("pandas", forest, Request("a,b\n" + AS_CSV, CSV, JSON),
         [{"row": row, "price": value} for row, value in enumerate(ANSWERS)]),
    Case("probabilities", classifier, Request(ROWS_AS_JSON),
         [dict(zip(["cheap", "dear"], row, strict=True)) for row in CLASSIFIER.predict_proba(ROWS).tolist()]),
    Case("helper_class", own_class("helper_class", "doubling", "Doubling"), Request(ROWS_AS_JSON),
         {"model": "doubling", "prediction": [0.2, 1.8]}),
    Case("class_only", own_class("class_only", "halving", "Halving"), Request(ROWS_AS_JSON), [0.05, 0.45]),
    Case("several_models", in_pieces, Request(ROWS_AS_JSON), ["cheap", "dear"]),
    Case("aws_style", forest, Request(ROWS_AS_JSON), {"instances": [{"features": value} for value in ANSWERS]}),
    Case("aws_style", forest, Request(ROWS_AS_JSON, accept=CSV), "".join(f"{value}\n" for value in ANSWERS), CSV),
    Case("aws_style", forest, Request(ROWS_AS_JSON, accept="image/png"), "output_fn raised RuntimeError", status=500),
    Case("first_containers", forest, Request(AS_CSV, CSV, JSON), {"predictions": ANSWERS}),
    Case("toolkit_style", forest, Request(AS_CSV, CSV, JSON), ANSWERS),
    Case("toolkit_style", forest, Request("x", "image/png"), "image/png is not supported", status=415),
    Case("toolkit_style", forest, Request(ROWS_AS_JSON, accept="image/png"), "image/png is not supported", status=406),
    Case("statuses", forest, Request("[[1, 2], [1, 2], [1, 2]]"), "at most 2 rows", status=413),
    Case("statuses", forest, Request("[[1,"), "doesn't take this body", status=400),
    Case("transform_fn", forest, Request(b"\xff", JSON), "not utf-8", status=400),
    Case("all_four", forest, Request("[[1, 2]]", "application/json; charset=klingon"), "charset klingon", status=415),
    Case("all_four", forest, Request("[[1, 2]]".encode("utf-16"), "application/json; charset=utf-16", "application/*"),
         {"result": FOREST.predict([[1, 2]]).tolist()}),
    Case("raising_input", forest, Request(ROWS_AS_JSON), "input_fn raised RuntimeError", status=500),
    Case("raising_predict", forest, Request(ROWS_AS_JSON), "predict_fn raised RuntimeError", status=500),
    Case("raising_output", forest, Request(ROWS_AS_JSON), "output_fn raised RuntimeError", status=500),
    Case("raising_transform", forest, Request(ROWS_AS_JSON), "transform_fn raised SystemExit", status=500),
]  # fmt: skip

REFUSED = {
    "raising_model": ("model_fn", "no weights for you", "line 5"),
    "wrong_arity": ("output_fn", "takes (prediction)", "line 4", "def output_fn(prediction, accept)"),
    "both": ("transform_fn and predict_fn", "isn't clear"),
    "missing_module": ("lightgbm_of_nowhere", "Dockerfile", "install lightgbm_of_nowhere"),
    "broken_syntax": ("inference.py, line 4",),
}
"""Scripts that stop the start, and what must be said."""
