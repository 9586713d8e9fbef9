"""For everybody, at every width: no barrier, nothing to scroll sideways for, dark where that is wanted; pictures."""

from __future__ import annotations

import page_models
import pytest
from browser import DESKTOP, PHONE, barriers, keep_picture, too_wide

MODELS = [page_models.wine, page_models.hostile, page_models.several_outputs, page_models.linear]
LOOKS = [(page_models.diabetes, width, dark) for width in (DESKTOP, 700, PHONE, 320) for dark in (False, True)]
LOOKS += [(model, PHONE, dark) for model in MODELS for dark in (False, True)]


def asked(page):
    """The page with an answer, a path and a call on it."""
    page.get_by_role("button", name="Try").click()
    page.wait_for_selector("#answer pre")
    page.wait_for_selector("#calls tbody tr")
    return page


@pytest.mark.parametrize(
    ("model", "width", "dark"), LOOKS, ids=[f"{model.__name__}-{width}-{dark}" for model, width, dark in LOOKS]
)
def test_nobody_is_kept_out_and_nothing_is_cut_off(browser, serve, model, width, dark):
    page = browser.open(serve(model), width=width, dark=dark)
    assert (barriers(page), too_wide(page)) == ([], [])
    asked(page)
    assert (barriers(page), too_wide(page)) == ([], [])
    page.get_by_label("Rows to predict").fill("[[" + "9" * 400)
    page.get_by_role("button", name="Try").click()
    page.wait_for_selector("#answer .error")
    assert (barriers(page), too_wide(page)) == ([], [])


def test_the_bar_breaks_no_word(browser, serve):
    page = browser.open(serve(page_models.named), width=320)
    for part in (".brand", "nav a >> nth=0", "nav a >> nth=1"):
        assert page.locator(part).evaluate("each => each.getBoundingClientRect().height < 30"), part


def paper(page) -> int:
    """How light the page's background is, of 765."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


def test_print_is_light_and_whole(browser, serve):
    page = asked(browser.open(serve(page_models.long_names), dark=True))
    page.emulate_media(media="print")
    assert paper(page) > 600
    for box in ("#features", "#snippet"):
        assert page.locator(box).evaluate("each => each.scrollHeight <= each.clientHeight + 2"), box


def test_dark_is_dark(browser, serve):
    dark, light = (paper(browser.open(serve(page_models.named), dark=dark)) for dark in (True, False))
    assert dark < 150 < 600 < light


def test_the_outline_is_one_title_and_named_sections(browser, serve):
    page = browser.open(serve(page_models.diabetes))
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == page.get_by_role("banner").count() == 1
    names = ["Try it", "How one tree decides", "Features", "The same call from elsewhere", "Recent calls"]
    assert page.get_by_role("heading", level=2).all_inner_texts() == names
    for name in names:
        assert page.get_by_role("region", name=name).count() == 1
    for box in page.locator("input, textarea, button, [tabindex]").all():
        assert box.evaluate("each => each.getAttribute('aria-label') || each.labels?.[0]?.innerText || each.innerText")


@pytest.mark.parametrize(("name", "width", "dark"), [("landing", DESKTOP, False), ("landing-phone", PHONE, True)])
def test_pictures(browser, tmp_path, name, width, dark):
    """`make screenshots` keeps them in docs/images."""
    with page_models.running(page_models.application(tmp_path, page_models.diabetes)) as url:
        page = asked(browser.open(url, width=width, dark=dark))
        assert keep_picture(page, name, tmp_path).stat().st_size > 20_000
        page.close()
