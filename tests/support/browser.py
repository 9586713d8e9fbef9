"""A headless Chromium for tests: this machine's own, driven by playwright.

A page may ask nobody but this machine, throw nothing and leave no error in the console; the fixture `browser` in
tests/conftest.py sees to that after each test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import ConsoleMessage, Page, Request, sync_playwright
from playwright.sync_api import Error as PlaywrightError

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
DESKTOP: Final = 1280
PHONE: Final = 360
"""Widths in CSS pixels."""
IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_ANSWERED: Final = "Failed to load resource: the server responded with a status of"
"""What Chromium says of every answer from 400 on; a page that shows the error is in order."""

_NETWORK_CHANGED: Final = "net::ERR_NETWORK_CHANGED"
"""Chromium gives up what it has begun when a network comes or goes on this machine, as Docker's do with containers."""


class Browser:
    """Opens pages, each in a profile of its own, and collects what they complain of."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self.complaints: list[str] = []

    def open(self, url: str, width: int = DESKTOP, height: int = 900, dark: bool = False) -> Page:
        """The page at `url`, loaded; `width` and `height` in CSS pixels."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"the page threw {error}"))
        page.on("request", self._asked)
        _go(page, url)
        return page

    def close_pages(self) -> None:
        """Close what was opened."""
        for context in self._chromium.contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        expected = message.text.startswith(_ANSWERED) or _NETWORK_CHANGED in message.text
        if message.type == "error" and not expected:
            self.complaints.append(f"the console says {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "file") and address.hostname not in ("127.0.0.1", "localhost"):
            self.complaints.append(f"the page asked for {request.url}")


def _go(page: Page, url: str, tries: int = 5) -> None:
    for left in reversed(range(tries)):
        try:
            page.goto(url)
            return
        except PlaywrightError as error:
            if _NETWORK_CHANGED not in error.message or not left:
                raise


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A running Chromium. Without one the test skips with the reason, unless CI says it may not."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = "there is no chromium command (apt-get install chromium)"
        if os.environ.get("COPPICE_REQUIRE_DOCKER"):
            pytest.fail(f"Browser tests must run here, but {reason}.")
        pytest.skip(f"needs a browser: {reason}")
    # Root, as in CI, has no sandbox; a container's /dev/shm is small.
    flags = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield started
        finally:
            started.close()


def barriers(page: Page) -> list[str]:
    """What axe finds that keeps somebody out: contrast, labels, landmarks, headings; one line each, empty for none."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']}: {node['html']:.160}" for each in found for node in each["nodes"]]


def too_wide(page: Page) -> list[str]:
    """The elements that reach beyond the window's right edge, where the page can be scrolled sideways for them."""
    wide: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
          .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5)
          .map(each => each.outerHTML.slice(0, 120))"""
    )
    return wide


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press Tab until the element with this accessible name has the focus, as somebody without a mouse does."""
    focused = "[...document.querySelectorAll(':focus')].map(each => each.getAttribute('aria-label') || " + (
        "each.labels?.[0]?.innerText || each.innerText || '').map(text => text.trim())[0] || ''"
    )
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(focused))
        if seen[-1] == name:
            return
    raise AssertionError(f"Tab never came to {name!r}; it came to {seen}")


def keep_picture(page: Page, name: str, folder: Path, whole: bool = True) -> Path:
    """A screenshot: into docs/images for `make screenshots`, else into `folder`; the animations are over."""
    kept = IMAGES if os.environ.get("COPPICE_SCREENSHOTS") else folder
    kept.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=kept / f"{name}.png", full_page=whole, animations="disabled", caret="hide")
    return kept / f"{name}.png"
