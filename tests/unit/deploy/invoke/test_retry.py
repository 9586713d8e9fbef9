from __future__ import annotations

import pytest

from deploy.aws.invocation import ContainerSaidNo, NotNow
from deploy.invoke.retry import ONE_TRY, NotAnswered, Patience, Persistence


class Time:
    def __init__(self):
        self.now = 0.0
        self.pauses = []
        self.said = []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def persistence(self, patience):
        return Persistence(patience, lambda: self.now, self.sleep, self.said.append)


def failing(times, answer="answer"):
    left = [NotNow("it is starting", "ModelNotReadyException")] * times

    def call():
        if left:
            raise left.pop()
        return answer

    return call


def test_it_goes_on_until_there_is_an_answer_and_says_so():
    time = Time()
    assert time.persistence(Patience(180, 1, 4)).until_answered(failing(4)) == "answer"
    assert time.pauses == [1, 2, 4, 4]
    assert time.said[0] == "  try 1: it is starting (ModelNotReadyException); again in 1 s"
    assert len(time.said) == 4


def test_it_ends():
    time = Time()
    with pytest.raises(NotAnswered, match=r"after 5 tries in 11 s: it is starting \(ModelNotReadyException\)"):
        time.persistence(Patience(12, 1, 4)).until_answered(failing(100))
    assert time.now <= 12


def test_one_try_is_one_try():
    time = Time()
    with pytest.raises(NotAnswered) as error:
        time.persistence(ONE_TRY).until_answered(failing(1))
    assert time.pauses == time.said == []
    assert "--no-retry" in error.value.hint


def test_the_containers_own_no_is_final():
    time = Time()

    def call():
        raise ContainerSaidNo(400, "no")

    with pytest.raises(ContainerSaidNo):
        time.persistence(Patience()).until_answered(call)
    assert time.pauses == []
