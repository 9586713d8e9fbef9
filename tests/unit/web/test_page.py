"""The page's document and what it asks the server for; tests/functional/pages looks at it in a browser."""

from __future__ import annotations

import json
import re

import page_models
import pytest
from page_models import ENDS_SCRIPT, HOSTILE
from toy import client, schema

from container.web.requestlog import KEPT_CALLS


@pytest.fixture(scope="module")
def scaled(tmp_path_factory):
    return page_models.application(tmp_path_factory.mktemp("scaled"), page_models.scaled).test_client()


def data(page: str) -> dict:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def test_nothing_of_it_is_there_unless_asked_for():
    without = client(schema("a", "b"))
    for path in ("/", "/openapi.json", "/calls"):
        assert without.get(path).status_code == 404
    assert without.post("/path", json=[[1, 2]]).status_code == 404
    assert "COPPICE_PAGE=on shows a page" in without.get("/").json["error"]["hint"]


def test_names_in_the_data_cant_leave_it():
    page = client(schema(HOSTILE, ENDS_SCRIPT), page=True).get("/").text
    assert [feature["name"] for feature in data(page)["features"]] == [HOSTILE, ENDS_SCRIPT]
    assert HOSTILE not in page and "stolen'</script>" not in page
    assert page.count("<script") == page.count("</script>") == 2


def test_only_its_own_script_and_style_may_run():
    answer = client(schema("a"), page=True).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy and "http" not in policy
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|openapi\.json|ping)", answer.text), "nothing is fetched"


def test_what_it_says_of_a_model(scaled):
    found = data(scaled.get("/").text)
    assert (found["name"], found["task"], found["trees"]) == ("RandomForestRegressor", "regression", 10)
    assert found["features"][1] == {"name": "bp", "dtype": "float64"}
    assert len(found["importances"]) == 3
    assert found["versions"]["scikit-learn"]
    for media_type, body in found["examples"].items():
        assert scaled.post("/invocations", data=body, content_type=media_type).status_code == 200, media_type


def test_a_path_in_the_columns_own_units(scaled):
    answer = scaled.post("/path?row=2&tree=3", json=[[20, 90, 4], [35, None, 4.5]])
    assert (answer.json["row"], answer.json["rows"], answer.json["tree"], answer.json["trees"]) == (2, 2, 3, 10)
    for split in answer.json["splits"]:
        assert split["value"] == {"bmi": 35, "bp": pytest.approx(94.8, abs=0.1), "s5": 4.5}[split["feature"]]
        assert (split["value"] <= split["threshold"]) == (split["goes"] == "left")
        assert (split["filled"], split["scaled"]) == (split["feature"] == "bp", False)


def test_the_trees_leaves_average_to_the_answer(scaled):
    row = [[35, 100, 4.5]]
    leaves = [scaled.post(f"/path?tree={tree + 1}", json=row).json["leaf"]["answers"] for tree in range(10)]
    mean = sum(answer["value"] for (answer,) in leaves) / 10
    assert scaled.post("/invocations", json=row).json == [pytest.approx(mean, rel=1e-12)]


@pytest.mark.parametrize(
    ("query", "body", "said"),
    [
        ("tree=11", "[1,2,3]", "There is no tree 11; there are 10."),
        ("tree=0", "[1,2,3]", "There is no tree 0"),
        ("row=2", "[1,2,3]", "There is no row 2; there are 1."),
        ("row=x", "[1,2,3]", "row is 'x'; it should be a whole number."),
        ("row=²", "[1,2,3]", "it should be a whole number."),
        ("", "[1,2]", "2 columns; this model takes 3"),
        ("", "[1e39,2,1e999]", "not JSON"),
        ("", "[Infinity]", "not JSON"),
    ],
)
def test_what_has_no_path_is_refused(scaled, query, body, said):
    answer = scaled.post(f"/path?{query}", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert said in answer.json["error"]["message"]


def test_a_row_the_model_cant_take_has_no_path(scaled):
    answer = scaled.post("/path", data="inf,1,2", content_type="text/csv")
    assert answer.status_code == 400
    assert answer.json["error"]["message"].startswith("Row 1, column 1 (bmi): the model can't take it: infinity")


def test_what_is_no_forest_has_no_paths():
    answer = client(schema("a", "b"), page=True).post("/path", json=[[1, 2]])
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "no_path")


def test_the_last_calls_are_kept():
    asked = client(schema("a", "b"), page=True, workers=3)
    assert asked.get("/calls").json == {"workers": 3, "calls": []}
    for _ in range(KEPT_CALLS):
        asked.post("/invocations", json=[[1, 2], [3, 4]]).close()
    asked.post("/invocations", data="no", content_type="application/json").close()
    asked.get("/ping").close()
    calls = asked.get("/calls").json["calls"]
    assert [(call["status"], call["rows"]) for call in calls] == [(400, 0)] + [(200, 2)] * (KEPT_CALLS - 1)
    assert all(call["milliseconds"] > 0 and call["request_id"] for call in calls)
