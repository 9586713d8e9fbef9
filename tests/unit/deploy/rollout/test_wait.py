"""Waiting, with a clock and an account that are handed in."""

from __future__ import annotations

import pytest

from container.artifact.manifest import Example, Feature, Manifest
from deploy.errors import Busy, EndpointFailed, ModelFailed
from deploy.rollout.steps import Hands
from deploy.rollout.wait import POLL_SECONDS, WAIT_SECONDS, await_gone, await_service, await_settled, check_example


class Account:
    """Shows one endpoint's states in turn, and the last one for ever."""

    def __init__(self, *states, answer=("application/json", b"{}")):
        self.states = list(states)
        self.now = 0.0
        self.answer = answer
        self.asked = []

    def endpoint(self, name):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return state and {"EndpointName": name, **state}

    def sleep(self, seconds):
        self.now += seconds

    def invoke(self, name, body):
        self.asked.append((name, body))
        return self.answer

    def hands(self, log=()):
        return Hands(self, None, None, None, self.invoke, lambda _: list(log), self.sleep, lambda: self.now)


def state(status, config="new", **more):
    return {"EndpointStatus": status, "EndpointConfigName": config, **more}


def run(step, account, log=()):
    said = []
    return step.apply(account.hands(log), said.append), said


def test_statuses_are_told_until_it_is_in_service():
    account = Account(state("Creating"), state("Creating"), state("InService"))
    _, said = run(await_service("e", "new"), account)
    assert said == ["Creating", "Creating"]
    assert account.now == 2 * POLL_SECONDS


def test_a_failure_brings_reason_log_and_hint():
    account = Account(state("Creating"), state("Failed", FailureReason="It did not pass the ping health check."))
    with pytest.raises(EndpointFailed) as caught:
        run(await_service("e", "new"), account, ["one", "two"])
    assert caught.value.message == "e didn't come into service: It did not pass the ping health check."
    assert caught.value.hint.splitlines()[:3] == ["the container's last lines:", "  one", "  two"]
    assert "coppice logs e" in caught.value.hint


def test_an_update_may_go_unnoticed_for_a_moment():
    account = Account(state("InService", "old"), state("Updating", "old"), state("InService", "new"))
    run(await_service("e", "new", updating=True), account)


def test_an_update_that_was_rolled_back():
    account = Account(state("Updating", "old"), state("RollingBack", "old"), state("InService", "old"))
    with pytest.raises(EndpointFailed, match="The previous configuration, old, keeps serving"):
        run(await_service("e", "new", updating=True), account)
    assert account.now > 60


def test_patience_ends():
    with pytest.raises(Busy, match="still Creating after 60 minutes"):
        run(await_service("e", "new"), account := Account(state("Creating")))
    assert account.now > WAIT_SECONDS


def test_until_it_is_gone():
    _, said = run(await_gone("e"), Account(state("InService"), state("Deleting"), None))
    assert said == ["asked for", "Deleting"]


def test_until_nobody_changes_it():
    assert run(await_settled("e"), Account(state("Updating"), state("Failed")))[0] == "Failed"
    assert run(await_settled("e"), Account(None))[0] == "gone"


EXAMPLE = Example(((1.0, None),), (2.5,))
MANIFEST = Manifest("regression", "forest", "array", (Feature("a"), Feature("b")), ("y",), None, {}, {}, EXAMPLE)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (("application/json", b'{"predictions": [2.5]}'), "[2.5], as packed"),
        (("application/json; charset=utf-8", b'{"predictions": [2.5]}'), "[2.5], as packed"),
        (("text/plain", b"body"), "not compared: it answered text/plain in a form of its own, 'body'"),
        (("application/json", b"[2.5]"), "not compared: it answered application/json in a form of its own, '[2.5]'"),
    ],
)
def test_the_example(answer, result):
    account = Account(state("InService"), answer=answer)
    assert run(check_example("e", MANIFEST, EXAMPLE), account)[0] == result
    assert account.asked == [("e", b'{"instances": [{"a": 1.0, "b": null}]}')]


def test_a_wrong_answer():
    account = Account(state("InService"), answer=("application/json", b'{"predictions": [2.4999999]}'))
    with pytest.raises(ModelFailed, match=r"answers the example with \[2.4999999\]; the packed model said \[2.5\]"):
        run(check_example("e", MANIFEST, EXAMPLE), account)
