"""One call: an instance, the exchange with it, and what its failures are called."""

from __future__ import annotations

import time
import uuid
from typing import NamedTuple

from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting import failures
from local_test.emulator.hosting.launcher import LaunchFailed
from local_test.emulator.hosting.ledger import Ledger, Spent
from local_test.emulator.hosting.pool import Lease, Pool
from local_test.emulator.instances.exchange import Answer, NoAnswer, Question, TimedOut, TooLarge, exchange
from local_test.emulator.store import Key


class Reply(NamedTuple):
    """An answer, and who gave it."""

    answer: Answer
    variant: str
    log_stream_arn: str


class Call(NamedTuple):
    """What is asked of an endpoint, within `seconds` and `max_bytes` of an answer."""

    endpoint: Key
    question: Question
    seconds: float
    max_bytes: int
    request_id: str


def new_request_id() -> str:
    """As AWS's."""
    return str(uuid.uuid4())


def perform(call: Call, pool: Pool, ledger: Ledger) -> Reply:
    """Have a pool's instance answer, and write down what that took. Raises ServiceError; pool.Closed, and then nothing
    was asked."""
    began = time.monotonic()
    try:
        lease = pool.take(call.seconds)
    except LaunchFailed as failure:
        refused = failures.not_started(call.endpoint, pool.variant, failure)
        ledger.refused(call.endpoint, pool.variant, call.request_id, refused)
        raise refused from None
    except ServiceError as refused:
        ledger.refused(call.endpoint, pool.variant, call.request_id, refused)
        raise
    asked = time.monotonic()
    try:
        answer = _exchange(call, lease)
        model_seconds = time.monotonic() - asked
        result = _understood(call, pool, lease, answer)
        memory = lease.running.instance.memory_bytes()
    finally:
        pool.give_back(lease.running)
    spent = Spent(lease, model_seconds, asked - began, memory)
    ledger.performed(call.endpoint, pool.variant, call.request_id, spent, result)
    if isinstance(result, ServiceError):
        raise result
    return Reply(result, pool.variant.name, lease.running.stream.arn)


def _exchange(call: Call, lease: Lease) -> Answer | NoAnswer:
    """A call that timed out gives its instance back as it is, its one worker perhaps still busy with it: so does AWS,
    where the short calls that come next fail too (sagemaker-python-sdk#4849). The container has to guard itself."""
    try:
        return exchange(lease.running.instance, call.question, call.seconds, call.max_bytes)
    except NoAnswer as failure:
        return failure


def _understood(call: Call, pool: Pool, lease: Lease, answer: Answer | NoAnswer) -> Answer | ServiceError:
    endpoint, running, arn = call.endpoint, lease.running, lease.running.stream.arn
    match answer:
        case TimedOut():
            return failures.timed_out(endpoint, arn)
        case TooLarge():
            return failures.too_large(endpoint, call.max_bytes, arn)
        case NoAnswer():
            return failures.died(endpoint, pool.variant, pool.end_of(running), arn)
    end = running.instance.ended() if answer.status >= 500 else None
    if end is not None and end.out_of_memory:  # a worker outgrew it, and what is in front of it has answered
        return failures.insufficient_memory(endpoint, pool.variant, arn)
    return answer
