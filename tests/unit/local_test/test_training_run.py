"""A training job's life, with everything around it pretended: S3, the instance, logs and metrics."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_test.emulator.instances.instance import Exit, Launch, Lines
from local_test.emulator.store import Document, Key, Kind, Store
from local_test.emulator.training.run import Run, transition

KEY = Key(Kind.TRAINING_JOB, "eu-west-1", "job")
STOP_SECONDS = 7.0


class Bucket:
    """An S3 client of one bucket."""

    class exceptions:  # noqa: N801 - a client's own
        ClientError = ClientError

    def __init__(self, **objects: bytes) -> None:
        self.objects = dict(objects)
        self.when_read: Callable[[], None] = lambda: None

    def get_paginator(self, name: str) -> Bucket:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **wanted: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(wanted["Prefix"])]}]

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self.objects[key])
        self.when_read()

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.objects[key] = Path(path).read_bytes()

    def upload_fileobj(self, file: Any, bucket: str, key: str) -> None:
        self.objects[key] = file.read()


class Trained:
    """An Instance that has ended by the time anybody looks; or, one that takes its time, by the time it is told to."""

    def __init__(self, code: int | None, out_of_memory: bool, slow: bool, collect: Callable[[], None]) -> None:
        self.exit = Exit(code, out_of_memory)
        self.over = not slow
        self.collect = collect
        self.id, self.host, self.port = "trained", "127.0.0.1", 0

    def ended(self) -> Exit | None:
        return self.exit if self.over else None

    def memory_bytes(self) -> int:
        return 0

    def memory_now(self) -> int:
        return 0

    def end(self, grace: float) -> None:
        assert grace == STOP_SECONDS
        self.over = True

    def stop(self, grace: float) -> None:
        """Nothing is left of it."""


class Machine:
    """A Backend whose programs are functions of their /opt/ml and what takes their lines."""

    def __init__(
        self,
        program: Callable[[Path, Lines], None],
        code: int | None = 0,
        out_of_memory: bool = False,
        slow: bool = False,
    ) -> None:
        self.program = program
        self.end = (code, out_of_memory, slow)
        self.launched: list[Launch] = []
        self.collect: Callable[[], None] = lambda: None

    def resolve(self, image: str) -> None:
        """It is there."""

    def start(self, launch: Launch, lines: Lines) -> Trained:
        self.launched.append(launch)
        assert launch.program is not None
        self.program(launch.program.base, lines)
        return Trained(*self.end, self.collect)


class Observed:
    """Logs and metrics."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.numbers: list[tuple[Any, ...]] = []
        self.write = self.lines.append

    def open(self, region: str, group: str, name: str) -> Observed:
        return self

    def record(self, *what: Any) -> None:
        self.numbers.append(what)

    def flush(self) -> None:
        """Nothing waits."""


def job(**changed: Any) -> Document:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://b/data/", "S3DataDistributionType": "ShardedByS3Key"}
    document: Document = {
        "TrainingJobName": "job",
        "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/job",
        "TrainingJobStatus": "InProgress",
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": "s3://b/out/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changed,
    }
    transition(document, "Starting", "Preparing")
    return document


def run(tmp_path: Path, machine: Machine, s3: Bucket, observed: Observed, document: Document) -> Document:
    store = Store(None)
    store.put(KEY, document)
    running = Run(
        KEY, store, machine, str, s3, "http://127.0.0.1:1", observed, observed, tmp_path / "job", STOP_SECONDS
    )  # type: ignore[arg-type]
    s3.when_read = running.stop if document.get("StopHere") else s3.when_read
    running.start()
    running.join()
    assert not (tmp_path / "job").exists()
    ended = store.get(KEY)
    assert ended is not None
    store.close()
    return ended


def fit(base: Path, lines: Lines) -> None:
    (base / "model" / "model.joblib").write_bytes(b"trees")
    (base / "output" / "data" / "metrics.json").write_text("{}")
    for line in (b"rmse=2.5", b"rmse=none", b"rmse=0.5"):
        lines(line)


def members(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def test_every_value_goes_to_cloudwatch_and_the_last_into_the_description(tmp_path):
    observed = Observed()
    algorithm = {"TrainingImage": "image:1", "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]}
    ended = run(tmp_path, Machine(fit), Bucket(**{"data/a.csv": b"1"}), observed, job(AlgorithmSpecification=algorithm))
    assert ended["TrainingJobStatus"] == "Completed"
    assert [one[1:] for one in observed.numbers] == [
        ("/aws/sagemaker/TrainingJobs", "rmse", value, "None", {"TrainingJobName": "job"}) for value in (2.5, 0.5)
    ]
    (last,) = ended["FinalMetricDataList"]
    assert (last["MetricName"], last["Value"]) == ("rmse", 0.5) and last["Timestamp"] == pytest.approx(
        time.time(), abs=60
    )
    assert observed.lines == [b"rmse=2.5", b"rmse=none", b"rmse=0.5"]


@pytest.mark.parametrize("compression", ["GZIP", "NONE"])
def test_the_output_packed_or_as_it_is(tmp_path, compression):
    s3 = Bucket(**{"data/a.csv": b"1"})
    output = {"S3OutputPath": "s3://b/out/", "CompressionType": compression}
    ended = run(tmp_path, Machine(fit), s3, Observed(), job(OutputDataConfig=output))
    made = {name.removeprefix("out/job/output/"): body for name, body in s3.objects.items() if name.startswith("out/")}
    if compression == "GZIP":
        assert {name: members(body) for name, body in made.items()} == {
            "model.tar.gz": ["model.joblib"],
            "output.tar.gz": ["metrics.json"],
        }
        assert ended["ModelArtifacts"] == {"S3ModelArtifacts": "s3://b/out/job/output/model.tar.gz"}
    else:
        assert made == {"model/model.joblib": b"trees", "data/metrics.json": b"{}"}
        assert ended["ModelArtifacts"] == {"S3ModelArtifacts": "s3://b/out/job/output/model/"}


def test_a_program_that_removes_its_model_folder_leaves_an_empty_model(tmp_path):
    s3 = Bucket(**{"data/a.csv": b"1"})
    ended = run(tmp_path, Machine(lambda base, _: (base / "model").rmdir()), s3, Observed(), job())
    assert ended["TrainingJobStatus"] == "Completed" and members(s3.objects["out/job/output/model.tar.gz"]) == []


def test_a_long_failure_leaves_room_for_the_exit_code(tmp_path):
    def fail(base: Path, _: Lines) -> None:
        (base / "output" / "failure").write_text("x" * 5000)

    ended = run(tmp_path, Machine(fail, code=3), Bucket(**{"data/a.csv": b"1"}), Observed(), job())
    assert len(ended["FailureReason"]) == 1024
    assert ended["FailureReason"].startswith("AlgorithmError: xxx") and ended["FailureReason"].endswith(
        ", exit code: 3"
    )
    assert ended["TrainingJobStatus"] == "Failed" and "ModelArtifacts" not in ended


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (Machine(lambda *_: None, code=None, out_of_memory=True), "outgrew its memory, exit code: 137"),
        (Machine(lambda *_: None, code=None), "exit code: unknown"),
        (Machine(lambda *_: 1 / 0), "InternalServerError: We encountered an internal error."),
    ],
)  # fmt: skip
def test_other_ends(tmp_path, machine, reason):
    ended = run(tmp_path, machine, Bucket(**{"data/a.csv": b"1"}), Observed(), job())
    assert ended["TrainingJobStatus"] == "Failed" and reason in ended["FailureReason"]


def test_what_cannot_be_fetched_is_the_artifacts_failure(tmp_path):
    def refuse() -> None:
        raise tarfile.AbsoluteLinkError(tarfile.TarInfo("model/latest"))

    machine = Machine(fit)
    machine.collect = refuse
    ended = run(tmp_path, machine, Bucket(**{"data/a.csv": b"1"}), Observed(), job())
    assert ended["FailureReason"].startswith("ClientError: Artifact upload failed: ")
    assert "model/latest" in ended["FailureReason"]


def test_one_that_is_stopped_while_its_input_comes_never_starts(tmp_path):
    machine = Machine(fit)
    ended = run(tmp_path, machine, Bucket(**{"data/a.csv": b"1"}), Observed(), job(StopHere=True))
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert machine.launched == [] and "TrainingStartTime" not in ended and "ModelArtifacts" not in ended


def test_one_that_takes_too_long_is_ended_and_keeps_what_it_saved(tmp_path):
    s3 = Bucket(**{"data/a.csv": b"1"})
    document = job(StoppingCondition={"MaxRuntimeInSeconds": 0})
    ended = run(tmp_path, Machine(fit, code=143, slow=True), s3, Observed(), document)
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "FailureReason" not in ended
    assert members(s3.objects["out/job/output/model.tar.gz"]) == ["model.joblib"]


@pytest.mark.parametrize("name", ["data/../../../etc/passwd", "data//etc/../../x"])
def test_no_object_leads_out_of_its_channel(tmp_path, name):
    ended = run(tmp_path, Machine(fit), Bucket(**{name: b"1"}), Observed(), job())
    assert ended["TrainingJobStatus"] == "Failed" and "leads out of its channel" in ended["FailureReason"]
