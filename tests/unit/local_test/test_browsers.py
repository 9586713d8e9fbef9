"""A page in the developer's browser must not run containers, read buckets or reset anything."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local_test.emulator.browsers import is_foreign


def request(host="127.0.0.1:4599", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    made = Request(EnvironBuilder("/", headers=named).get_environ())
    made.environ["HTTP_HOST"] = host
    return made


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4599", "localhost:4599", "bucket.localhost:4599", "[::1]:4599", "host.docker.internal:4599"]
)
def test_programs_may_call_this_machine_by_its_names(host):
    assert not is_foreign(request(host))


@pytest.mark.parametrize("host", ["rebound.example:4599", "127.0.0.1.example", "localhost.example:4599", "[::1", ""])
def test_another_name_that_leads_here_is_refused(host):
    assert is_foreign(request(host))


@pytest.mark.parametrize("page", ["http://elsewhere.example", "null", "https://127.0.0.1.example", "http://["])
def test_a_page_from_elsewhere_is_refused(page):
    assert is_foreign(request(Origin=page))


def test_a_picture_or_link_on_a_page_from_elsewhere_is_refused():
    assert is_foreign(request(Sec_Fetch_Site="cross-site"))
    assert is_foreign(request(Sec_Fetch_Site="cross-site", Referer="http://elsewhere.example/page"))


@pytest.mark.parametrize("headers", [
    {"Origin": "http://localhost:3000"},
    {"Referer": "http://localhost:3000/", "Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "none"},
])  # fmt: skip
def test_a_page_of_this_machine_and_an_address_that_was_typed_are_answered(headers):
    assert not is_foreign(request(**headers))


def test_who_names_no_host_is_no_browser():
    nameless = request()
    del nameless.environ["HTTP_HOST"]
    assert not is_foreign(nameless)
