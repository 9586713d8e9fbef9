from __future__ import annotations

import pytest

from deploy.aws.invocation import Call
from deploy.errors import ModelFailed
from deploy.invoke.later import WAIT_SECONDS, Later
from deploy.invoke.retry import NotAnswered

CALL = Call(b"1,2", "text/csv")


class Aws:
    """A queue, a store and a clock; what comes to S3 comes after `seconds`."""

    def __init__(self, key="", seconds=0.0, failure="s3://out/failed"):
        self.now, self.objects, self.said = 0.0, {}, []
        self.key, self.seconds, self.failure = key, seconds, failure

    def invoke_async(self, endpoint, call, location):
        assert location in self.objects
        return "s3://out/answer", self.failure

    def put(self, uri, body, content_type):
        self.objects[str(uri)] = (body, content_type)

    def get(self, uri):
        if str(uri) == self.key and self.now >= self.seconds:
            return b"3.0", "text/csv"
        return None

    def sleep(self, seconds):
        self.now += seconds

    def call(self):
        later = Later(self, self, lambda: self.now, self.sleep, self.said.append)
        return later.answer("houses", CALL, later.put(CALL, "s3://out/async/"))


def test_the_answer_is_fetched_when_it_comes():
    aws = Aws("s3://out/answer", seconds=20)
    reply = aws.call()
    assert (reply.status, reply.body, reply.content_type) == (200, b"3.0", "text/csv")
    assert next(iter(aws.objects)).startswith("s3://out/async/coppice-invoke/")
    assert list(aws.objects.values()) == [(b"1,2", "text/csv")]
    assert "s3://out/answer" in aws.said[0]


def test_a_failure_is_told():
    with pytest.raises(ModelFailed, match=r"3\.0"):
        Aws("s3://out/failed", seconds=3).call()


@pytest.mark.parametrize("failure", ["", "s3://out/failed"])
def test_waiting_ends(failure):
    aws = Aws(failure=failure)
    with pytest.raises(NotAnswered) as error:
        aws.call()
    assert aws.now <= WAIT_SECONDS
    assert "s3://out/answer" in error.value.hint
