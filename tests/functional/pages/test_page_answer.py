"""Answers of every kind, and what is made of them: large, read aloud, and as they came."""

from __future__ import annotations

import page_models
import pytest
from browser import barriers
from playwright.sync_api import expect


@pytest.fixture
def answered(browser, serve):
    """The page after a Try that was answered with this body."""

    def answered(body: str, status: int = 200):
        page = browser.open(serve(page_models.named))
        page.route("**/invocations", lambda route: route.fulfill(status=status, body=body))
        page.get_by_role("button", name="Try").click()
        expect(page.locator("#status")).to_contain_text(f"{status} ")
        return page

    return answered


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("5.0\n", "5.0"),
        ("[1e400]", "[1e400]"),
        ('{"predictions":[1.0,12345678901234567890]}', '{"predictions": [1.0, 12345678901234567890]}'),
        ('["a,b:c\\"d,e"]', '["a,b:c\\"d,e"]'),
        ("a,b\n", "a,b"),
    ],
)
def test_it_is_shown_as_it_came_to_the_digit(answered, body, shown):
    assert answered(body).locator("#answer pre").text_content() == shown


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        ("[4.5261]", "4.5261"),
        ("5.0\n", "5"),
        ("[-1.0385555e+18]", "-1.03856e18"),
        ("[0.00001234]", "1.234e-5"),
        ('{"predictions":[true]}', "true"),
        ("[1,2,3]", "3 rows"),
        ("[]", "0 rows"),
        ("", "The answer is empty."),
        ('[[1,[2],{"a":1}]]', ""),
        ('{"a":{"b":1}}', ""),
    ],
)
def test_what_people_read_of_it_is_read_aloud(answered, body, heard):
    page = answered(body)
    expect(page.locator("#answer [aria-live=polite]")).to_have_text(heard)
    assert barriers(page) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": "too old"}', '{"error": "too old"}'),
        ('{"error": {"detail": "too old"}}', '{"error": {"detail": "too old"}}'),
        ("<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"),
        ("null", "null"),
        ("", "The server said nothing."),
    ],
)
def test_an_error_of_a_script_or_a_proxy_is_shown_as_it_came(answered, body, said):
    assert answered(body, 502).get_by_role("alert").inner_text() == said


def test_each_of_several_outputs_has_its_likeliest_label(browser, serve):
    page = browser.open(serve(page_models.several_labels, inference_output=("predicted_label", "probabilities")))
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#answer dt")).to_have_text(["prediction_0", "prediction_1"])
    said = page.request.post(f"{page.url}invocations", data=page.get_by_label("Rows to predict").input_value()).json()
    (row,) = said["predictions"]
    for text, label in zip(page.locator("#answer dd").all_inner_texts(), row["predicted_label"], strict=True):
        assert text.startswith(f"{label} (")
    expect(page.locator(".leaf dt")).to_have_text(["prediction_0", "prediction_1"])


def test_the_likeliest_of_many_labels_are_shown_and_the_rest_counted(browser, serve):
    page = browser.open(serve(page_models.many_labels, inference_output=("probabilities",)))
    page.get_by_role("button", name="Try").click()
    expect(page.locator(".bars dt")).to_have_count(12)
    expect(page.locator("#answer")).to_contain_text("and 8 labels more")


def test_calls_that_cant_be_had_leave_what_is_shown(browser, serve):
    page = browser.open(serve(page_models.named))
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#calls tbody tr")).to_have_count(1)
    page.route("**/calls", lambda route: route.fulfill(status=502, body='{"error": 1}'))
    page.evaluate("showCalls()")  # raises what the page would throw
    expect(page.locator("#calls tbody tr")).to_have_count(1)
