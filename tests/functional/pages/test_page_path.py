"""The way through one tree, drawn and in words."""

from __future__ import annotations

import page_models
import pytest
from browser import DESKTOP
from playwright.sync_api import expect
from waiting import until


def test_the_drawing_and_the_list_tell_the_same(browser, serve):
    page = browser.open(serve(page_models.diabetes))
    page.get_by_label("Tree", exact=True).fill("7")
    page.get_by_label("Tree", exact=True).press("Enter")
    expect(page.locator("#path-said")).to_contain_text("of tree 7 of 100")
    found = page.request.post(
        f"{page.url}path?tree=7",
        data=page.get_by_label("Rows to predict").input_value(),
        headers={"Content-Type": "application/json"},
    ).json()
    items = page.locator("ol.way li").all_inner_texts()
    assert len(items) == len(found["splits"]) + 1
    for text, split in zip(items, found["splits"], strict=False):
        assert text.startswith(split["feature"])
        assert f"→ {split['goes']}" in text
        assert ("≤" if split["goes"] == "left" else ">") in text
        assert f", {split['beside']} node" in text
    picture = page.locator(".way svg")
    assert picture.get_attribute("aria-hidden") == "true", "the list says it in words"
    assert picture.locator("circle").count() == len(items)
    assert picture.locator("text").all_text_contents() == [str(split["beside"]) for split in found["splits"]]
    spots = [circle.bounding_box() for circle in picture.locator("circle").all()]
    for here, after, split in zip(spots, spots[1:], found["splits"], strict=False):
        assert (after["x"] <= here["x"]) if split["goes"] == "left" else (after["x"] >= here["x"])


def test_a_filled_in_value_is_shown_in_the_columns_units(browser, serve):
    page = browser.open(serve(page_models.scaled))
    page.get_by_label("Rows to predict").fill('[{"bmi": 30, "bp": null, "s5": 4.5}]')
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#status")).to_contain_text("200 OK")
    for tree in range(1, 11):
        page.get_by_label("Tree", exact=True).fill(str(tree))
        page.get_by_label("Tree", exact=True).press("Enter")
        expect(page.locator("#path-said")).to_contain_text(f"of tree {tree} of 10")
        items = page.locator("ol.way li").all_inner_texts()[:-1]
        assert all("94.7" in text and "(filled in)" in text for text in items if text.startswith("bp"))
        assert all("\n30 " in text for text in items if text.startswith("bmi"))


def test_a_missing_value_is_said_to_be(browser, serve):
    page = browser.open(serve(page_models.missing))
    page.get_by_label("Rows to predict").fill('[{"a": null, "b": 1}]')
    page.get_by_role("button", name="Try").click()
    expect(page.locator("ol.way")).to_contain_text("missing →")


def test_a_row_that_isnt_one_is_said_to_be(browser, serve):
    page = browser.open(serve(page_models.named))
    page.get_by_label("Rows to predict").fill("[[1, 2]]")
    page.get_by_label("Tree", exact=True).fill("2")
    page.get_by_label("Tree", exact=True).press("Enter")
    expect(page.locator("#path-said")).to_contain_text("2 columns; this model takes 3")
    page.get_by_label("Rows to predict").fill("[[1, 2, 3]]")
    page.get_by_label("Tree", exact=True).fill("99")
    page.get_by_label("Tree", exact=True).press("Enter")
    expect(page.locator("#path-said")).to_contain_text("There is no tree 99; there are 5.")


@pytest.mark.parametrize("width", [DESKTOP, 320])
def test_names_are_whole_and_the_drawing_stands_beside_them(browser, serve, width):
    page = browser.open(serve(page_models.long_names), width=width)
    page.wait_for_selector("ol.way li")

    def beside() -> bool:
        return page.evaluate(
            """() => {
              const circles = [...document.querySelectorAll(".way circle")].map(each => each.getBoundingClientRect());
              const items = [...document.querySelectorAll("ol.way li")].map(each => each.getBoundingClientRect());
              return circles.length === items.length
                && circles.every(({ top, bottom }, at) => items[at].top < top && bottom < items[at].bottom);
            }"""
        )

    cut = "each => [...each.querySelectorAll(':not(.hidden)')].filter(each => each.scrollWidth > each.clientWidth + 1)"
    assert page.locator("ol.way").evaluate(f"list => ({cut})(list).map(each => each.innerText)") == []
    until(beside)
    page.set_viewport_size({"width": 700, "height": 900})
    until(beside)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    until(beside)
