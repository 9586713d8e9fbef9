"""The page by mouse and by keyboard: trying, errors, formats, features, calls."""

from __future__ import annotations

import json

import page_models
import pytest
from browser import tab_to
from page_models import ENDS_SCRIPT, HOSTILE
from playwright.sync_api import expect


def answer(page) -> str:
    """What is shown as the answer, once it is there."""
    page.wait_for_selector("#answer pre, #answer .error")
    return page.inner_text("#answer")


def test_what_is_said_of_the_model(browser, serve):
    page = browser.open(serve(page_models.diabetes))
    assert page.title() == "RandomForestRegressor – Coppice"
    assert page.inner_text("h1") == "RandomForestRegressor"
    facts = page.inner_text("#facts")
    for words in ("regression", "compiled forest", "100", "scikit-learn 1"):
        assert words in facts
    assert page.locator("#features tbody tr").count() == 10
    assert page.locator("#features tbody tr").nth(2).inner_text().split()[:3] == ["3", "bmi", "float64"]
    document = page.request.get(page.get_by_role("link", name="openapi.json").evaluate("link => link.href"))
    assert document.json()["openapi"] == "3.1.0"


def test_try_by_mouse(browser, serve):
    page = browser.open(serve(page_models.named))
    page.get_by_label("Rows to predict").fill('{"instances": [{"a": 1, "b": 2, "c": 3}]}')
    page.get_by_role("button", name="Try").click()
    said = page.request.post(f"{page.url}invocations", data=[[1, 2, 3]]).json()[0]
    assert str(said) in answer(page)
    assert float(page.inner_text(".big").replace(",", "")) == pytest.approx(said, rel=1e-5)
    assert page.get_by_text("200 OK").inner_text().endswith(" ms")


def test_try_by_keyboard_alone(browser, serve):
    page = browser.open(serve(page_models.named))
    tab_to(page, "Rows to predict")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("[[1, 2, 3], [4, 5, 6]]")
    tab_to(page, "Try")
    page.keyboard.press("Enter")
    assert "2 rows" in answer(page)
    tab_to(page, "Row")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(page.locator("ol.way")).to_have_attribute("aria-label", "The way of row 2 through tree 1")


def test_ctrl_enter_tries_too(browser, serve):
    page = browser.open(serve(page_models.named))
    page.get_by_label("Rows to predict").press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("200 OK")


def test_an_error_is_shown_as_the_server_said_it(browser, serve):
    page = browser.open(serve(page_models.named))
    page.get_by_label("Rows to predict").fill('[["x", 2, 3]]')
    page.get_by_role("button", name="Try").click()
    error = page.request.post(f"{page.url}invocations", data=[["x", 2, 3]]).json()["error"]
    alert = page.get_by_role("alert").inner_text()
    assert error["message"] in alert and "bad_value" in alert
    assert page.inner_text("#status").startswith("400 ")
    page.get_by_role("button", name="Example").click()
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#status")).to_contain_text("200 OK")
    assert page.get_by_role("alert").count() == 0


def test_a_server_that_is_gone_is_said_to_be(browser, tmp_path):
    with page_models.running(page_models.application(tmp_path, page_models.named)) as url:
        page = browser.open(url)
    page.get_by_role("button", name="Try").click()
    assert "The server can't be reached" in answer(page)
    page.close()
    browser.complaints = [said for said in browser.complaints if "net::ERR_CONNECTION_" not in said]


@pytest.mark.parametrize(("label", "first_line"), [("CSV", "a,b,c"), ("JSON Lines", '{"a": ')])
def test_other_formats_have_examples_and_keep_their_drafts(browser, serve, label, first_line):
    page = browser.open(serve(page_models.named))
    body = page.get_by_label("Rows to predict")
    body.fill("[[1, 2, 3]]")
    page.get_by_role("radio", name=label, exact=True).check()
    assert body.input_value().startswith(first_line)
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#status")).to_contain_text("200 OK")
    page.get_by_role("radio", name="JSON", exact=True).check()
    assert body.input_value() == "[[1, 2, 3]]"


def test_a_classifiers_label_and_shares(browser, serve):
    page = browser.open(serve(page_models.wine, inference_output=("predicted_label", "probabilities")))
    page.get_by_role("button", name="Try").click()
    assert answer(page).startswith("class_0")
    assert page.locator(".bars dt").all_inner_texts()[0] == "class_0"
    assert page.locator(".bars .meter").count() == 3


def test_several_outputs_are_named(browser, serve):
    page = browser.open(serve(page_models.several_outputs))
    page.get_by_role("button", name="Try").click()
    answer(page)
    assert page.locator("#answer dt").all_inner_texts() == ["prediction_0", "prediction_1"]


def test_the_most_important_feature_comes_first_when_asked(browser, serve):
    page = browser.open(serve(page_models.diabetes))
    order = page.get_by_role("button", name="Most important first")
    order.click()
    assert order.get_attribute("aria-pressed") == "true"
    shares = [float(text.split()[-2]) for text in page.locator("#features tbody tr").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert page.locator("#features tbody tr").first.inner_text().split()[1] == "bmi"


def test_names_are_text_wherever_they_stand(browser, serve):
    page = browser.open(serve(page_models.hostile, inference_output=("predicted_label", "probabilities")))
    page.on("dialog", lambda dialog: browser.complaints.append(dialog.message))
    page.get_by_role("button", name="Try").click()
    answer(page)
    page.wait_for_selector("ol.way li")
    assert page.title().endswith("Coppice")
    assert page.locator("img").count() == 0
    assert {HOSTILE, ENDS_SCRIPT} <= set(page.locator("#features td:nth-child(2)").all_inner_texts())
    assert set(page.locator(".bars dt").all_inner_texts()) == {HOSTILE, ENDS_SCRIPT}
    for client in ("boto3", "AWS CLI", "curl"):
        page.get_by_role("radio", name=client).check()
        assert "onerror" in page.inner_text("#snippet")


def test_recent_calls_are_the_servers(browser, serve):
    page = browser.open(serve(page_models.linear))
    expect(page.locator("#calls-said")).to_have_text("None yet.")
    page.request.post(f"{page.url}invocations", data="no")
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#calls tbody tr")).to_have_count(2)
    rows = [text.split()[1:3] for text in page.locator("#calls tbody tr").all_inner_texts()]
    assert rows == [["200", "1"], ["400", "0"]]


def test_what_is_no_forest_shows_neither_paths_nor_importances(browser, serve):
    page = browser.open(serve(page_models.linear))
    assert page.get_by_text("How one tree decides").is_hidden()
    assert page.locator("#features th").all_inner_texts() == ["#", "Name", "Type"]


def test_an_old_artifact_says_why_it_shows_no_importances(browser, tmp_path):
    page_models.application(tmp_path, page_models.named)
    folder = page_models.unpacked(tmp_path / "model.tar.gz", tmp_path / "old")
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["importances"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with page_models.running(page_models.served(folder)) as url:
        page = browser.open(url)
        assert "packed before Coppice kept them" in page.inner_text("#features-said")
        page.close()


def test_a_script_is_named_and_its_body_left_to_it(browser, serve):
    page = browser.open(serve(page_models.named, script="transform_fn"))
    assert page.inner_text("#script").startswith("A script answers here: transform_fn.")
    assert "Only it knows what its body is" in page.inner_text("#script")
    assert page.get_by_text("How one tree decides").is_hidden()


def test_a_script_is_sent_types_of_its_own(browser, serve):
    page = browser.open(serve(page_models.named, script="transform_fn"))
    page.get_by_label("Content-Type").fill("application/x-it's")
    page.get_by_label("Rows to predict").fill('{"rows": [[1, 2, 3]]}')
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#answer pre")).to_have_text('{"content_type": "application/x-it\'s", "n": 1}')
    for client, written in (("curl", "'Content-Type: application/x-it'\\''s'"), ("boto3", '="application/x-it\'s"')):
        page.get_by_role("radio", name=client).check()
        assert written in page.locator("#snippet").text_content()
    page.get_by_label("Rows to predict").fill("a,\nb")
    page.get_by_role("radio", name="AWS CLI").check()
    assert "printf '%s' 'a,\nb' |" in page.locator("#snippet").text_content(), "of such a type lines may matter"
    assert "--content-type 'application/x-it'\\''s' --body" in page.locator("#snippet").text_content()
    page.get_by_role("radio", name="CSV").check()
    assert page.get_by_label("Content-Type").input_value() == "text/csv"
    assert browser.open(serve(page_models.named)).get_by_label("Content-Type").is_hidden()


def test_a_script_alone_says_that_only_it_knows(browser, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text(
        "def model_fn(folder):\n    return len\n\n\ndef transform_fn(model, body, content_type, accept):\n"
        "    return str(model(body)), 'text/plain'\n"
    )
    with page_models.running(page_models.served(tmp_path)) as url:
        page = browser.open(url)
        assert page.inner_text("#script").endswith("Only it knows what its body is: write one.")
        assert "Task" not in page.inner_text("#facts")
        page.get_by_role("button", name="Try").click()
        assert answer(page).startswith("2")
        page.close()


def test_it_works_below_a_path_that_a_proxy_puts_before_it(browser, tmp_path):
    application = page_models.application(tmp_path, page_models.named)

    def proxy(environ, start_response):
        assert environ["PATH_INFO"].startswith("/models/a/")
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/models/a")
        return application(environ, start_response)

    with page_models.running(proxy) as url:
        page = browser.open(f"{url}models/a/")
        page.get_by_role("button", name="Try").click()
        expect(page.locator("#status")).to_contain_text("200 OK")
        expect(page.locator("#calls tbody tr")).to_have_count(1)
        expect(page.locator("#path-said")).to_contain_text("of tree 1 of 5")
        assert f"{url}models/a/invocations" in page.locator("#snippet").text_content()
        page.close()
