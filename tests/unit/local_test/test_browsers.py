"""A page in the developer's browser must not run containers, read buckets or reset anything."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local_test.emulator.browsers import asks_for_the_page, is_foreign


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


HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("host", ["127.0.0.1:4599", "localhost:4599", "localhost"])
def test_a_browser_that_is_led_to_the_address_asks_for_the_page(host):
    assert asks_for_the_page(request(host, **HTML))


@pytest.mark.parametrize("headers", [
    {},
    {"Accept": "*/*"},
    {"Accept": "application/json"},
    {**HTML, "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/s3/aws4_request"},
    {**HTML, "X_Amz_Date": "20260101T000000Z"},
])  # fmt: skip
def test_a_program_does_not(headers):
    assert not asks_for_the_page(request(**headers))


def test_a_bucket_an_object_and_a_presigned_address_are_no_page():
    assert not asks_for_the_page(request("bucket.localhost:4599", **HTML))
    for path in ("/bucket", "/?X-Amz-Signature=0", "/?list-type=2"):
        assert not asks_for_the_page(Request(EnvironBuilder(path, headers=HTML).get_environ()))
    assert not asks_for_the_page(Request(EnvironBuilder("/", method="POST", headers=HTML).get_environ()))
