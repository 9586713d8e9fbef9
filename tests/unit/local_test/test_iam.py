"""Simulations are refused, and only they."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from local_test.emulator.iam import Iam


def ask(body: str, content_type: str = "application/x-www-form-urlencoded; charset=utf-8", path: str = "/") -> Response:
    request = Request(EnvironBuilder(path, method="POST", data=body, content_type=content_type).get_environ())
    return Iam(lambda request: Response(request.get_data()))(request)


@pytest.mark.parametrize("action", ["SimulatePrincipalPolicy", "SimulateCustomPolicy"])
def test_simulations_are_refused_as_to_a_caller_who_may_not(action):
    answer = ask(f"Action={action}&Version=2010-05-08")
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "asked",
    [("Action=GetRole&RoleName=Action=SimulateCustomPolicy",), ("Action=SimulateCustomPolicy", "text/plain"),
     ("Action=SimulateCustomPolicy", "application/x-www-form-urlencoded", "/bucket/key")],
)  # fmt: skip
def test_whatever_else_goes_on(asked):
    answer = ask(*asked)
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, asked[0])
