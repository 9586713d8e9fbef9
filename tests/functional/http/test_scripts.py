"""Users' scripts behind the application: each with its request and its answer, and those that stop the start."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import script_cases
from flask.testing import FlaskClient
from script_cases import CASES, JSON, REFUSED, ROWS_AS_JSON, Case, Request, forest

from container.errors import ContainerError
from container.server import wsgi
from container.settings import Settings


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """A script is imported once in a process; here are many of the same names."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if "scripts" in str(getattr(sys.modules[name], "__file__", "")) or name in ("inference", "doubling", "halving"):
            del sys.modules[name]


def serve(model_dir: Path, **settings: object) -> FlaskClient:
    chosen = Settings(timeout=5, **settings)
    service, app = wsgi.compose(chosen)
    service.load(lambda: wsgi.load_pipeline(model_dir, chosen))
    return app.test_client()


def send(client: FlaskClient, request: Request):
    headers = {"Accept": request.accept, **request.headers}
    return client.post("/invocations", data=request.body, content_type=request.content_type, headers=headers)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_script_answers(case: Case, tmp_path):
    answer = send(serve(case.lay_out(tmp_path / "model")), case.request)
    case.check(answer.status_code, dict(answer.headers), answer.data)


@pytest.mark.parametrize("script", REFUSED)
def test_a_script_that_cannot_be_used_stops_the_start(script, tmp_path):
    folder = Case(script, forest, Request(""), None).lay_out(tmp_path / "model")
    with pytest.raises(ContainerError) as refusal:
        serve(folder)
    for words in REFUSED[script]:
        assert words in refusal.value.paragraph()
    assert str(tmp_path) not in refusal.value.paragraph()


def test_the_context_sets_headers(tmp_path):
    case = next(case for case in CASES if case.script == "context")
    assert send(serve(case.lay_out(tmp_path / "model")), case.request).headers["X-Tenant"] == "acme"


def test_the_log_has_the_scripts_own_part_of_the_traceback(tmp_path, caplog):
    case = next(case for case in CASES if case.script == "raising_predict")
    client = serve(case.lay_out(tmp_path / "model"))
    with caplog.at_level(logging.WARNING):
        answer = send(client, case.request)
    (record,) = [record for record in caplog.records if record.fields.get("traceback")]
    assert "inference.py" in record.fields["traceback"] and "line 6, in predict_fn" in record.fields["traceback"]
    assert "container/" not in record.fields["traceback"] and "flask" not in record.fields["traceback"]
    assert record.fields["request_id"] == answer.json["error"]["request_id"]


def test_without_predict_fn_and_model_fn_the_compiled_forest_answers(tmp_path):
    from container.packing.pack import Code, pack

    script_cases.forest(tmp_path)
    archive = tmp_path / "model.tar.gz"
    for script, engine in (("input_fn", "forest"), ("predict_fn", "sklearn")):
        pack(tmp_path / "model.joblib", archive, given=Code(script_cases.SCRIPTS / script))
        pipeline = wsgi.load_pipeline(archive, Settings())
        assert (pipeline.loaded.engine, pipeline.loaded.hooks) == (engine, (script,))


def test_nothing_of_a_script_runs_where_any_file_of_its_model_was_changed(tmp_path, capsys):
    from container.artifact import archive
    from container.packing.pack import pack

    case = next(case for case in CASES if case.script == "several_models")
    source = case.lay_out(tmp_path / "source")
    code = source / "code" / "inference.py"
    code.write_text("print('it ran')\n" + code.read_text())
    pack(source, tmp_path / "model.tar.gz")
    archive.extract(tmp_path / "model.tar.gz", tmp_path / "model")
    for name in ("labels.json", "code/inference.py"):
        file = tmp_path / "model" / name
        before = file.read_bytes()
        file.write_bytes(before[:-2] + b"\n" + before[-1:])
        capsys.readouterr()
        with pytest.raises(ContainerError, match=name):
            serve(tmp_path / "model")
        assert "it ran" not in capsys.readouterr().out
        file.write_bytes(before)
    assert serve(tmp_path / "model").get("/ping").status_code == 200
    assert "it ran" in capsys.readouterr().out


def test_a_scripts_execution_parameters(tmp_path):
    folder = Case("execution_parameters", forest, Request(""), None).lay_out(tmp_path / "model")
    assert serve(folder).get("/execution-parameters").json == {
        "MaxConcurrentTransforms": 2,
        "BatchStrategy": "SINGLE_RECORD",
        "MaxPayloadInMB": 1,
    }
    bare = Case("input_fn", forest, Request(""), None).lay_out(tmp_path / "bare")
    assert serve(bare).get("/execution-parameters").json["BatchStrategy"] == "MULTI_RECORD"


def test_the_page_and_the_schema_of_a_script(tmp_path):
    for place, script in enumerate(("model_fn", "transform_fn")):
        client = serve(Case(script, forest, Request(""), None).lay_out(tmp_path / str(place)), page=True)
        assert client.get("/").status_code == 200 and script in client.get("/").text
        assert client.get("/openapi.json").json["openapi"] == "3.1.0"
    in_pieces = next(case for case in CASES if case.script == "several_models")
    assert serve(in_pieces.lay_out(tmp_path / "pieces"), page=True).get("/").status_code == 200


def test_one_request_at_a_time_is_in_a_script(tmp_path):
    folder = Case("input_fn", forest, Request(""), None).lay_out(tmp_path / "model")
    (folder / "code" / "inference.py").write_text(
        "import threading, time\n"
        "inside = threading.Semaphore(1)\n"
        "def input_fn(body, content_type):\n"
        "    assert inside.acquire(blocking=False)\n"
        "    time.sleep(0.02)\n"
        "    inside.release()\n"
        "    return [[1, 2]]\n"
    )
    from concurrent.futures import ThreadPoolExecutor

    client = serve(folder)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.application.test_client().post("/invocations", data="x"), range(16)))
    assert {answer.status_code for answer in answers} == {200}


def test_answers_asked_of_a_script_in_settings_are_refused(tmp_path):
    folder = Case("probabilities", script_cases.classifier, Request(""), None).lay_out(tmp_path / "model")
    with pytest.raises(ContainerError, match="asks for probability, but the script's predict_fn"):
        serve(folder, inference_output=("probability",))


def test_the_default_accept_is_told_to_the_script(tmp_path):
    case = next(case for case in CASES if case.script == "all_four")
    client = serve(case.lay_out(tmp_path / "model"), default_accept="text/csv")
    assert send(client, Request(ROWS_AS_JSON, JSON)).content_type.startswith("text/csv")
    assert json.loads(send(client, Request(ROWS_AS_JSON, JSON, JSON)).data)


def test_beside_a_lone_file_code_may_be_anybodys(tmp_path):
    case = next(case for case in CASES if case.script == "seed")
    folder = case.lay_out(tmp_path / "project")
    (folder / "code" / "inference.py").write_text("raise SystemError('it ran')\ndef predict_fn(d, m): return d\n")
    with pytest.raises(ContainerError, match="it ran"):
        serve(folder)
    assert send(serve(folder / "model.joblib"), Request(ROWS_AS_JSON)).json == script_cases.ANSWERS


def test_serving_writes_no_bytecode_that_the_next_start_would_refuse(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = next(case for case in CASES if case.script == "helper_class").lay_out(tmp_path / "model")
    before = sorted(folder.rglob("*"))
    serve(folder)
    assert sorted(folder.rglob("*")) == before
