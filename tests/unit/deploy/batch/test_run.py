"""Starting, following and stopping jobs, with everything around in memory: no clock, no AWS."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from deploy.aws.logs import LogEvent
from deploy.aws.s3 import S3Uri
from deploy.aws.transform import Job
from deploy.batch.request import BATCH
from deploy.batch.run import Batch, JobFailed
from deploy.errors import Missing

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
REQUEST = {"TransformJobName": "job", "ModelName": "job"}
MODEL = {"ModelName": "job", "Tags": {BATCH: "job"}}


class World:
    """Jobs, models and objects; a job goes through `course`, a step each time it is looked at."""

    def __init__(self, *course: str, reason: str = "", model: str = "job") -> None:
        self.course = list(course)
        self.reason = reason
        self.uses = model
        self.models: dict[str, dict[str, str]] = {}
        self.slept: list[float] = []
        self.told: list[str] = []
        self.stopped: list[str] = []
        self.fail: BaseException | None = None
        self.arrives = True
        self.exists = False
        self.asked: tuple[S3Uri, dt.datetime] | None = None

    def create(self, request: dict[str, Any]) -> str:
        self.exists = self.fail is None or self.arrives
        if self.fail:
            raise self.fail
        return "arn"

    def describe(self, name: str) -> Job | None:
        if not self.exists:
            return None
        status = self.course.pop(0) if len(self.course) > 1 else self.course[0]
        started = None if status == "Starting" else NOW
        status = status.replace("Starting", "InProgress")
        return Job(name, "arn", status, self.reason, self.uses, "s3://bkt/in", "s3://bkt/out", NOW, started, None)

    def stop(self, name: str) -> None:
        self.stopped.append(name)
        self.course = ["Stopping", "Stopped"]

    def last(self, group: str, count: int, milliseconds: int, streams: str) -> list[LogEvent]:
        assert milliseconds == NOW.timestamp() * 1000
        return [LogEvent("1", 0, f"{streams}1", "row 3: 'four' is\x1b[2J not a number")]

    def create_model(self, request: dict[str, Any]) -> str:
        self.models[request["ModelName"]] = request["Tags"]
        return f"arn:{request['ModelName']}"

    def model(self, name: str) -> dict[str, Any] | None:
        return {"ModelArn": f"arn:{name}"} if name in self.models else None

    def tags(self, arn: str) -> dict[str, str]:
        return self.models[arn.removeprefix("arn:")]

    def delete_model(self, name: str) -> None:
        self.models.pop(name, None)

    def changed_since(self, prefix: S3Uri, moment: dt.datetime) -> list[str]:
        self.asked = (prefix, moment)
        return ["out/a.csv.out", "out/manifest.json", "out/b.csv.out"]

    @property
    def batch(self) -> Batch:
        return Batch(self, self, self, self, self.slept.append)


def test_a_job_is_followed_to_its_end() -> None:
    world = World("Starting", "InProgress", "Completed")
    assert world.batch.start(REQUEST, MODEL) == "arn"
    assert world.models == {"job": {BATCH: "job"}}
    ended = world.batch.follow("job", world.told.append, 3)
    assert ended.outputs == ("s3://bkt/out/a.csv.out", "s3://bkt/out/b.csv.out")
    assert world.asked == (S3Uri("bkt", "out/"), NOW)
    assert world.slept == [10, 10]
    assert world.told == ["InProgress, machines are starting", "InProgress, 2 of 3 objects answered", "Completed"]
    assert world.models == {}, "the model was made for the job"


@pytest.mark.parametrize("tags", [{"coppice:endpoint": "houses"}, {BATCH: "another-job"}])
def test_a_model_that_was_not_made_for_the_job_is_kept(tags: dict[str, str]) -> None:
    world = World("Completed", model="houses-1")
    world.models["houses-1"] = tags
    world.batch.start({**REQUEST, "ModelName": "houses-1"}, None)
    world.batch.follow("job", world.told.append)
    assert "houses-1" in world.models


def test_a_failed_job_says_why_and_cleans_up() -> None:
    world = World("Failed", reason="AlgorithmError: See job logs for more information.")
    world.batch.start(REQUEST, MODEL)
    with pytest.raises(JobFailed, match=r"job failed: AlgorithmError: See job logs for more information\.$") as failed:
        world.batch.follow("job", world.told.append)
    assert failed.value.exit_code == 1
    assert "1970-01-01T00:00:00.000Z         row 3: 'four' is\\x1b[2J not a number\n" in failed.value.hint
    assert world.models == {}


def test_a_stopped_job_has_no_answers() -> None:
    world = World("Stopped")
    world.batch.start(REQUEST, MODEL)
    with pytest.raises(JobFailed, match="was stopped"):
        world.batch.follow("job", world.told.append)
    assert world.models == {}


def test_a_job_is_stopped_once() -> None:
    world = World("InProgress")
    world.batch.start(REQUEST, MODEL)
    assert world.batch.stop("job", world.told.append).status == "Stopped"
    assert world.stopped == ["job"]
    assert world.told == ["Stopping", "Stopped"]
    assert world.models == {}
    world.course = ["Completed"]
    assert world.batch.stop("job", world.told.append).status == "Completed"
    assert world.stopped == ["job"]


@pytest.mark.parametrize("interruption", [RuntimeError("refused"), KeyboardInterrupt()])
def test_no_model_is_left_without_a_job(interruption: BaseException) -> None:
    world = World("InProgress")
    world.fail, world.arrives = interruption, False
    with pytest.raises(type(interruption)):
        world.batch.start(REQUEST, MODEL)
    assert world.models == {}


def test_the_model_of_a_job_that_started_in_spite_of_an_interruption_is_kept() -> None:
    world = World("InProgress")
    world.fail = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.batch.start(REQUEST, MODEL)
    assert "job" in world.models


def test_there_is_no_such_job() -> None:
    with pytest.raises(Missing, match="There is no transform job job"):
        World("Completed").batch.follow("job", print)
