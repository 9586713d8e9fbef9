"""When the emulator's page asks how things are, and what it says when nobody answers."""

from __future__ import annotations

import pytest
from browser import barriers
from page_stage import page_stage
from playwright.sync_api import expect
from waiting import until

expect.set_options(timeout=60_000)  # milliseconds; only what never comes takes so long
POLLED = "performance.getEntriesByName(location.origin + '/_coppice/status').length"
HIDE = """() => {
  const asked = window.fetch;
  window.fetch = async (...what) => {
    const answer = await asked(...what);
    window.fetch = asked;
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
    return answer;
  };
}"""
"""The tab is left while an answer is on its way."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with page_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
def shown(stage, browser):
    page = browser.open(stage.address)
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    return page


def test_it_asks_only_while_somebody_looks(stage, shown):
    def asks() -> None:
        before = shown.evaluate(POLLED)
        until(lambda: shown.evaluate(POLLED) > before)

    def is_silent() -> None:
        shown.wait_for_timeout(500)  # for an answer that was on its way
        before = shown.evaluate(POLLED)
        shown.wait_for_timeout(2500)
        assert shown.evaluate(POLLED) == before

    asks()
    shown.evaluate(HIDE)
    until(lambda: shown.evaluate("document.hidden"))
    is_silent()
    shown.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    asks()
    shown.get_by_role("button", name="Pause").click()
    is_silent()
    shown.get_by_role("button", name="Go on").click()
    asks()


def test_an_emulator_that_has_ended_and_comes_back(stage, shown, browser):
    shown.route("**/_coppice/status", lambda route: route.abort())
    expect(shown.get_by_role("alert")).to_contain_text("The emulator doesn't answer")
    assert barriers(shown) == [], "what is out of date can still be read"
    shown.unroute("**/_coppice/status")
    expect(shown.get_by_role("alert")).to_have_count(0)
    expect(shown.get_by_text("live", exact=True)).to_be_visible()
    browser.complaints.clear()  # Chromium's own, of the connection
