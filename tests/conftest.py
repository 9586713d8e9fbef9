"""What holds for every test."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from browser import Browser
    from playwright.sync_api import Browser as Chromium


def pytest_configure() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and some tests send it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A machine that is slow for a moment is no fault of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def running_chromium() -> Iterator[Chromium]:
    """One browser for a file of tests. It ends with them: its event loop would be in the way of asyncio's users."""
    from browser import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def browser(running_chromium: Chromium) -> Iterator[Browser]:
    """Opens pages: `browser.open(url)`; fails a test whose pages complained or asked another machine."""
    from browser import Browser

    browser = Browser(running_chromium)
    yield browser
    browser.close_pages()
    assert browser.complaints == []
