"""The browser that pages are tested with: it must notice what it is there to notice."""

from __future__ import annotations

import base64

import pytest
from browser import PHONE, barriers, tab_to, too_wide


def address(html: str) -> str:
    return "data:text/html;base64," + base64.b64encode(f"<!doctype html>{html}".encode()).decode()


SOUND = "<html lang=en><title>t</title><main><h1>Hi</h1><label>Name <input></label><button>Go</button></main>"


def test_a_sound_page(browser):
    page = browser.open(address(SOUND), width=PHONE)
    assert (barriers(page), too_wide(page)) == ([], [])
    tab_to(page, "Go")
    with pytest.raises(AssertionError, match="Tab never came to 'Stop'"):
        tab_to(page, "Stop", most=5)


def test_barriers_and_what_is_too_wide_are_found(browser):
    page = browser.open(address(SOUND + "<input><p style='color:#aaa;width:400px'>pale"), width=PHONE)
    assert {line.partition(":")[0] for line in barriers(page)} >= {"color-contrast", "label"}
    assert [line[:3] for line in too_wide(page)] == ["<p "]


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("throw new Error('spilt')", "the page threw spilt"),
        ("console.error('hot')", "the console says hot"),
        ("new Image().src = 'http://192.0.2.1/x.png'", "the page asked for http://192.0.2.1/x.png"),
    ],
)
def test_complaints_are_kept(browser, script, complaint):
    page = browser.open(address(f"{SOUND}<script>{script}</script>"))
    page.wait_for_timeout(50)
    assert complaint in browser.complaints[0]
    browser.complaints.clear()
