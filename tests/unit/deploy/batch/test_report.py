"""The waiting, which Ctrl-C ends without ending the job."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
import typer

from deploy.aws.transform import Job
from deploy.batch.run import Ended
from deploy.cli import batch_report

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
JOB = Job("job", "arn", "Completed", "", "m", "s3://bkt/in", "s3://bkt/out", NOON, NOON, NOON + dt.timedelta(minutes=3))


class Interrupted:
    """A person presses Ctrl-C while waiting."""

    def follow(self, name: str, update: Callable[[str], None], objects: int | None) -> Ended:
        update("InProgress")
        raise KeyboardInterrupt


class Done:
    """A job that wrote twelve answers."""

    def follow(self, name: str, update: Callable[[str], None], objects: int | None) -> Ended:
        return Ended(JOB, tuple(f"s3://bkt/out/{number}.csv.out" for number in range(12)))


def test_ctrl_c_says_how_to_go_on_and_how_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left:
        batch_report.follow(Interrupted(), "job", as_json=True)  # type: ignore[arg-type]
    out, err = capsys.readouterr()
    assert left.value.exit_code == 130
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert "The job goes on.\n  follow it: coppice batch --job job\n  stop it:   coppice batch --stop job\n" in err


def test_many_answers_are_counted_and_a_few_shown(capsys: pytest.CaptureFixture[str]) -> None:
    batch_report.follow(Done(), "job", as_json=True, objects=12)  # type: ignore[arg-type]
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["seconds"], told["objects"], len(told["outputs"])) == (180, 12, 12)
    assert "12 of 12 objects answered:\n  s3://bkt/out/0.csv.out\n" in err
    assert "  … and 2 more\nfetch them: aws s3 cp --recursive s3://bkt/out answers/\n" in err
