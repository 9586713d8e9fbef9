"""What `coppice batch` shows of a plan and of a job, and the waiting, which Ctrl-C ends without ending the job."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

from deploy.cli.console import emit, say, step

if TYPE_CHECKING:
    from deploy.aws.session import Session
    from deploy.aws.transform import Job
    from deploy.batch.plan import Plan
    from deploy.batch.run import Batch

SHOWN_OUTPUTS: Final = 10
T = TypeVar("T")


def runner(session: Session) -> Batch:
    """What runs jobs, with everything it needs."""
    from deploy.aws.logs import LogReader
    from deploy.aws.s3 import S3
    from deploy.aws.sagemaker import SageMaker
    from deploy.aws.transform import TransformJobs
    from deploy.batch.run import Batch

    return Batch(TransformJobs(session), SageMaker(session), S3(session), LogReader(session), time.sleep)


def show(plan: Plan) -> None:
    """The plan, for people."""
    asked = plan.asked
    left = [
        word
        for word, value in (
            ("strategy", asked.strategy),
            ("payload", asked.max_payload_mb),
            ("concurrency", asked.max_concurrent),
        )
        if value is None
    ]
    source = plan.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    cut = "split by line" if asked.split == "line" else "each sent whole"
    say(f"job       {plan.job}")
    say(f"model     {plan.model.shown}")
    say(f"rows      {source} ({_objects(plan.objects)}), {asked.content_type}, {cut}")
    say(f"answers   {asked.output}" + (", each beside its row" if asked.join else ""))
    decides = f"; the container decides {', '.join(left)}" if left else ""
    say(f"machines  {asked.instances} x {asked.instance_type}{decides}")


def started(plan: Plan, arn: str, as_json: bool) -> None:
    """A job that nobody waits for."""
    say(f"follow it: coppice batch --job {plan.job}")
    if plan.own_model:
        say("           which also deletes the model that was made for it, when it has ended")
    if as_json:
        emit({"job": plan.job, "arn": arn, "status": "InProgress", "output": str(plan.asked.output)})


def follow(runner: Batch, job: str, as_json: bool, objects: int | None = None) -> None:
    """Wait for a job's end and say where its answers are; `objects` is how many it reads, if known."""
    ended = _attend(job, lambda update: runner.follow(job, update, objects), as_json)
    found = ended.outputs
    counted = _objects(len(found)) if objects is None else f"{len(found):,} of {_objects(objects)}"
    say(f"{counted} answered" + (":" if found else f", none in {ended.job.output}"))
    for uri in found[:SHOWN_OUTPUTS]:
        say(f"  {uri}")
    if len(found) > SHOWN_OUTPUTS:
        say(f"  … and {len(found) - SHOWN_OUTPUTS} more")
    if found:
        say(f"fetch them: aws s3 cp --recursive {ended.job.output} answers/")
    if as_json:
        emit({**_described(ended.job), "objects": objects, "outputs": list(found)})


def stop(runner: Batch, job: str, as_json: bool) -> None:
    """Stop a job."""
    ended = _attend(job, lambda update: runner.stop(job, update), as_json)
    say(f"{job} is {ended.status}" + ("; SageMaker keeps no answers of it" if ended.status == "Stopped" else ""))
    if as_json:
        emit(_described(ended))


def _attend(job: str, work: Callable[[Callable[[str], None]], T], as_json: bool) -> T:
    try:
        with step(job) as update:
            return work(update)
    except KeyboardInterrupt:
        say("The job goes on.")
        say(f"  follow it: coppice batch --job {job}")
        say(f"  stop it:   coppice batch --stop {job}")
        if as_json:
            message = f"The waiting was interrupted; the job {job} goes on."
            emit({"error": {"code": "interrupted", "message": message, "hint": f"coppice batch --job {job}"}})
        raise typer.Exit(130) from None


def _described(job: Job) -> dict[str, Any]:
    return {
        "job": job.name,
        "arn": job.arn,
        "status": job.status,
        "model": job.model,
        "input": job.input,
        "output": job.output,
        "seconds": (job.ended - job.created).total_seconds() if job.ended else None,
    }


def _objects(count: int) -> str:
    return f"{count:,} object{'' if count == 1 else 's'}"
