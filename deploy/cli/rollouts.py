"""Puts together what deploy, rollback and delete work with."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from container import contract
from deploy.aws.autoscaling import AutoScaling
from deploy.aws.ecr import ECR
from deploy.aws.invocation import Call, ContainerSaidNo
from deploy.aws.logs import LogReader
from deploy.aws.runtime import Runtime
from deploy.aws.s3 import S3
from deploy.aws.sagemaker import SageMaker
from deploy.aws.session import Session
from deploy.cli.console import say, step
from deploy.endpoint.log_lines import last_lines
from deploy.errors import ModelFailed
from deploy.invoke.retry import Patience, Persistence
from deploy.rollout.current import Current, read
from deploy.rollout.execute import Outcome, Screen, execute
from deploy.rollout.plan import Plan
from deploy.rollout.record import DIRECTORY, Record
from deploy.rollout.report import endpoint_document, plan_document, plan_lines
from deploy.rollout.steps import Hands, Made, Step

LOG_LINES = 10


class Rollouts(NamedTuple):
    """One session's hands, and the record of one endpoint."""

    session: Session
    hands: Hands
    record: Record

    def current(self) -> Current:
        """The endpoint as it is now."""
        return read(self.record.endpoint, self.hands.sagemaker, self.hands.autoscaling)

    def carry_out(self, steps: Sequence[Step], verb: str, brought: Sequence[Made] = ()) -> list[Outcome]:
        """Take the steps, shown on stderr. An interruption says how to go on."""
        try:
            return execute(steps, verb, self.hands, self.record, Screen(step, say), brought)
        except KeyboardInterrupt:
            say(f"\ninterrupted; what was begun is on record. Run coppice {verb} again: it goes on from there")
            raise

    def document(self, plan: Plan, outcomes: Sequence[Outcome] = (), *, dry_run: bool = False) -> dict[str, Any]:
        """What --json prints."""
        running = {} if dry_run else {"now": endpoint_document(self.current())}
        return plan_document(plan, outcomes) | {"dry_run": dry_run} | running


def rollouts(session: Session, endpoint: str) -> Rollouts:
    """The composition of a rollout."""
    runtime, logs = Runtime(session), LogReader(session)
    persistence = Persistence(Patience(), time.monotonic, time.sleep, say)

    def invoke(name: str, body: bytes) -> tuple[str, bytes]:
        call = Call(body, contract.JSON, contract.JSON)
        try:
            reply = persistence.until_answered(lambda: runtime.invoke(name, call))
        except ContainerSaidNo as no:
            raise ModelFailed(
                f"{name} is in service, but answers its example with {no.status}: {_message(no.said)}",
                f"See why: coppice logs {name}; return to what served before: coppice rollback {name}",
            ) from None
        return reply.content_type, reply.body

    def log_lines(name: str) -> list[str]:
        try:
            return last_lines(logs, name, LOG_LINES)
        except Exception as error:
            from deploy.aws.errors import translate

            known = translate(error)
            if known is None:
                raise
            return [f"(the log can't be read: {known.message})"]

    hands = Hands(SageMaker(session), S3(session), ECR(session), AutoScaling(session), invoke, log_lines)
    return Rollouts(session, hands, Record(DIRECTORY, session.account, session.region, endpoint))


def show(plan: Plan, title: str) -> None:
    """The plan, for people."""
    say(title)
    for line in plan_lines(plan):
        say(line)


def _message(said: str) -> str:
    try:
        return str(json.loads(said)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return said[:200]
