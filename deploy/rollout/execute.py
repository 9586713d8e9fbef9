"""Carries a plan out, step by step: recorded before, shown meanwhile, struck off afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import NamedTuple

from deploy.rollout.record import Record
from deploy.rollout.steps import Hands, Made, Step, Update


class Screen(NamedTuple):
    """Where people look: `step` shows a step while it runs, `say` a line."""

    step: Callable[[str], AbstractContextManager[Update]]
    say: Callable[[str], None]


class Outcome(NamedTuple):
    """A step that was taken, and what came of it where it has something to tell."""

    step: Step
    result: str | None


def execute(
    steps: Iterable[Step], verb: str, hands: Hands, record: Record, screen: Screen, brought: Iterable[Made] = ()
) -> list[Outcome]:
    """Take every step. Whatever interrupts leaves the record unfinished, and the next run goes on from what is there.

    `brought` is what the steps use without making it (an image, say), noted for a later `delete --all`.
    """
    record.begin(verb)
    for thing in brought:
        record.add(thing)
    outcomes = []
    for step in steps:
        if step.makes:
            record.add(step.makes)
        with screen.step(step.title) as update:
            result = step.apply(hands, update)
        if result:
            screen.say(f"    {result}")
        if step.removes:
            record.strike(step.removes)
        outcomes.append(Outcome(step, result))
    record.finish()
    return outcomes
