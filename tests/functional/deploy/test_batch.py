"""`coppice batch`, against moto's server, whose jobs have ended as soon as they are made."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from account import make_bucket, make_role, push_image
from archives import manifest, write
from botocore.stub import Stubber
from cloud import ACCOUNT, REGION, Cloud

from deploy.aws.logs import LogReader
from deploy.aws.session import Session
from deploy.aws.transform import LOG_GROUP, TransformJobs, instance_types

Coppice = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[3]
TO = ("--output", "s3://rows/out", "--yes")


@pytest.fixture
def endpoint(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An endpoint, and a bucket with rows."""
    monkeypatch.chdir(tmp_path)
    rows = {"in/a.csv": b"1,2\n3,4\n", "in/b.csv": b"5,6\n", "lines/a.jsonl": b"[1,2]\n", "head.csv": b"a,b\n1,2\n"}
    make_bucket(cloud, "rows", rows)
    sagemaker = cloud.client("sagemaker")
    container = {"Image": push_image(cloud), "ModelDataUrl": "s3://rows/model.tar.gz"}
    sagemaker.create_model(ModelName="houses-1", PrimaryContainer=container, ExecutionRoleArn=make_role(cloud))
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "houses-1",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }
    sagemaker.create_endpoint_config(EndpointConfigName="houses-c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="houses", EndpointConfigName="houses-c")
    return "houses"


def jobs(cloud: Cloud) -> list[str]:
    return [job["TransformJobName"] for job in cloud.client("sagemaker").list_transform_jobs()["TransformJobSummaries"]]


def models(cloud: Cloud) -> list[str]:
    return [model["ModelName"] for model in cloud.client("sagemaker").list_models()["Models"]]


def test_an_endpoints_model_answers(cloud: Cloud, coppice: Coppice, endpoint: str) -> None:
    code, out, err = coppice("batch", "--name", "houses", "--input", "s3://rows/in/", *TO, "--join", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["status"], told["model"], told["objects"], told["outputs"]) == ("Completed", "houses-1", 2, [])
    assert told["job"].startswith("houses-batch-")
    assert "rows      s3://rows/in/ (2 objects), text/csv, split by line\n" in err
    assert "the container decides strategy, payload, concurrency" in err
    made = cloud.client("sagemaker").describe_transform_job(TransformJobName=told["job"])
    assert made["DataProcessing"]["JoinSource"] == "Input"
    assert not {"MaxConcurrentTransforms", "MaxPayloadInMB", "BatchStrategy"} & set(made)
    assert made["TransformInput"]["SplitType"] == "Line"
    assert models(cloud) == ["houses-1"]


def test_a_model_made_for_the_job_goes_with_it(cloud: Cloud, coppice: Coppice, endpoint: str, tmp_path: Path) -> None:
    write(tmp_path / "model.tar.gz", manifest())
    own = ("batch", "--model", "model.tar.gz", "--image", "1.0", "--env", "A=b", "--input", "s3://rows/in/", *TO)
    code, out, err = coppice(*own, "--no-wait", "--json")
    assert code == 0, err
    job = json.loads(out)["job"]
    assert f"follow it: coppice batch --job {job}" in err
    assert sorted(models(cloud)) == sorted(["houses-1", job])
    model = cloud.client("sagemaker").describe_model(ModelName=job)
    container = model["PrimaryContainer"]
    assert container["ModelDataUrl"].startswith(f"s3://sagemaker-{REGION}-{ACCOUNT}/coppice/batch/")
    assert container["Environment"] == {"A": "b"}
    tags = cloud.client("sagemaker").list_tags(ResourceArn=model["ModelArn"])["Tags"]
    assert {"Key": "coppice:batch", "Value": job} in tags

    code, out, err = coppice("batch", "--job", job, "--json")
    assert (code, json.loads(out)["status"]) == (0, "Completed")
    assert models(cloud) == ["houses-1"], "seeing the end deletes it"
    code, out, err = coppice("batch", "--stop", job)
    assert (code, f"{job} is Completed" in err) == (0, True)

    assert coppice(*own)[0] == 0
    assert models(cloud) == ["houses-1"]


def test_answers_are_listed(cloud: Cloud, coppice: Coppice, endpoint: str) -> None:
    name = json.loads(coppice("batch", "-n", "houses", "-i", "s3://rows/in/", *TO, "--no-wait", "--json")[1])["job"]
    for key in ("out/a.csv.out", "out/b.csv.out", "out/notes.txt", "outside/c.csv.out"):
        cloud.client("s3").put_object(Bucket="rows", Key=key, Body=b"1\n")
    code, out, err = coppice("batch", "--job", name, "--json")
    assert (code, json.loads(out)["outputs"]) == (0, ["s3://rows/out/a.csv.out", "s3://rows/out/b.csv.out"])
    assert "2 objects answered:\n  s3://rows/out/a.csv.out\n" in err
    assert "aws s3 cp --recursive s3://rows/out answers/" in err


def test_a_file_from_here_is_uploaded_once(cloud: Cloud, coppice: Coppice, endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1,2\n")
    run = ("batch", "--name", "houses", "--input", "rows.csv", *TO, "--strategy", "single", "--max-payload", "1")
    code, out, err = coppice(*run, "--max-concurrent", "4", "--json")
    assert code == 0, err
    assert "✓ upload rows.csv" in err
    made = cloud.client("sagemaker").describe_transform_job(TransformJobName=json.loads(out)["job"])
    bucket, _, key = json.loads(out)["input"].removeprefix("s3://").partition("/")
    assert cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"1,2\n"
    assert (made["BatchStrategy"], made["MaxPayloadInMB"], made["MaxConcurrentTransforms"]) == ("SingleRecord", 1, 4)
    assert "upload" not in coppice(*run)[2]


def test_a_prefix_is_of_the_type_of_its_objects(cloud: Cloud, coppice: Coppice, endpoint: str) -> None:
    code, out, _ = coppice(
        "batch", "--name", "houses", "--input", "s3://rows/lines/", *TO, "--join", "--dry-run", "--json"
    )
    request = json.loads(out)["request"]
    assert (code, json.loads(out)["dry_run"]) == (0, True)
    assert request["TransformInput"]["ContentType"] == request["TransformOutput"]["Accept"] == "application/jsonlines"
    assert jobs(cloud) == []


def test_endpoint_toml_names_the_endpoint(cloud: Cloud, coppice: Coppice, endpoint: str) -> None:
    Path("endpoint.toml").write_text('name = "houses"\nmodel = "model.tar.gz"\nmemory = 2048\n')
    code, out, err = coppice("batch", "--input", "s3://rows/in/", *TO, "--json")
    assert (code, json.loads(out)["model"]) == (0, "houses-1"), err


def test_nothing_starts_unasked(cloud: Cloud, coppice: Coppice, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115
    code, _, err = coppice("batch", "--name", "houses", "--input", "s3://rows/in/", "--output", "s3://rows/out")
    assert (code, jobs(cloud)) == (2, [])
    assert "Add --yes to go ahead" in err


ROWS = ("--name", "houses", "--input", "s3://rows/in/")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--name", "houses"), "--input and --output say"),
        ((*ROWS, "--output", "/tmp/x"), "--output looks like s3://"),
        ((*ROWS, *TO, "--instances", "0"), "--instances is 1 to 100"),
        ((*ROWS, *TO, "--instance-type", "ml.t2.medium"), "no machine"),
        ((*ROWS, *TO, "--max-payload", "101"), "0 to 100 MB"),
        ((*ROWS, *TO, "--max-concurrent", "17"), "17 x 6 MB"),
        ((*ROWS, *TO, "--strategy", "multi", "--split", "none"), "an object is one request"),
        (("--name", "-x", "--input", "s3://rows/in/", *TO), "63 letters"),
        ((*ROWS, "--image", "1.0", *TO), "--image asks for another"),
        (("--input", "s3://rows/in/", *TO), "No model was given"),
        (("--job", "one", "--stop", "two"), "--job and --stop are about"),
    ],
)
def test_limits_are_checked_before_aws_is_asked(
    coppice: Coppice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    code, out, err = coppice("batch", *arguments, "--json")
    told = json.loads(out)["error"]["message"]
    assert (code, message in told, "\n" in told) == (2, True, False), out
    assert f"error: {told}" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--name", "houses", "--input", "s3://rows/in", "--output", "s3://rows/in-b", "--yes"), 2, "below the rows"),
        (("--name", "houses", "--input", "s3://rows/head.csv", *TO), 2, "head.csv has a header row"),
        (("--name", "houses", "--input", "s3://rows/none/", *TO), 3, "There is nothing at s3://rows/none/"),
        (("--name", "houses", "--input", "s3://no-such/in/", *TO), 3, "There is no bucket no-such."),
        (("--name", "houses", "--input", "none.csv", *TO), 3, "There is no file none.csv"),
        (("--name", "other", "--input", "s3://rows/in/", *TO), 3, "There is no endpoint other"),
        (("--job", "none"), 3, "There is no transform job none"),
        (("--stop", "none"), 3, "There is no transform job none"),
    ],
)
def test_what_is_missing_is_named(
    cloud: Cloud, coppice: Coppice, endpoint: str, arguments: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = coppice("batch", *arguments, "--json")
    assert (found, message in json.loads(out)["error"]["message"]) == (code, True), out + err
    assert jobs(cloud) == []


def test_the_documents_commands_run(cloud: Cloud, coppice: Coppice, endpoint: str, tmp_path: Path) -> None:
    write(tmp_path / "model.tar.gz", manifest())
    (tmp_path / "rows.csv").write_text("1,2\n")
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/batch.md").read_text(), re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    for command in commands:
        code, _, err = coppice(*shlex.split(command)[1:], "--yes")
        assert code == 0, err
    assert len(jobs(cloud)) == len(commands) == 2


# What moto doesn't do: jobs that run, fail, are stopped, and write logs.

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/job"


def described(**changes: Any) -> dict[str, Any]:
    return {
        "TransformJobName": "job",
        "TransformJobArn": ARN,
        "TransformJobStatus": "InProgress",
        "ModelName": "m",
        "CreationTime": 1,
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://rows/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://rows/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }


@pytest.fixture
def session() -> Session:
    return Session(boto=boto3.Session("testing", "testing", region_name=REGION))


def test_a_job_is_described_and_stopped(session: Session) -> None:
    with Stubber(session.sagemaker) as stubber:
        stubber.add_response("describe_transform_job", described())
        stubber.add_response("stop_transform_job", {}, {"TransformJobName": "job"})
        failed = described(TransformJobStatus="Failed", FailureReason="ClientError: 400", TransformStartTime=2)
        stubber.add_response("describe_transform_job", failed)
        stubber.add_client_error("describe_transform_job", "ResourceNotFound", "Requested resource not found")
        gateway = TransformJobs(session)
        job = gateway.describe("job")
        assert job is not None
        assert (job.status, job.reason, job.started, job.output) == ("InProgress", "", None, "s3://rows/out")
        gateway.stop("job")
        job = gateway.describe("job")
        assert job is not None
        assert (job.status, job.reason) == ("Failed", "ClientError: 400")
        assert gateway.describe("job") is None


def test_a_model_made_a_moment_ago_is_waited_for(session: Session) -> None:
    request = {
        "TransformJobName": "job",
        "ModelName": "m",
        "TransformInput": described()["TransformInput"],
        "TransformOutput": described()["TransformOutput"],
        "TransformResources": described()["TransformResources"],
    }
    slept: list[float] = []
    with Stubber(session.sagemaker) as stubber:
        stubber.add_client_error("create_transform_job", "ValidationException", "Could not find model 'm'.")
        stubber.add_response("create_transform_job", {"TransformJobArn": ARN}, request)
        assert TransformJobs(session, slept.append).create(request) == ARN
    assert slept == [3]


def test_only_the_jobs_own_lines_are_read_oldest_first(session: Session) -> None:
    events = [
        {"eventId": "2", "timestamp": 3, "message": "three", "logStreamName": "job/i-1"},
        {"eventId": "1", "timestamp": 2, "message": "two\n", "logStreamName": "job/i-1/data-log"},
        {"eventId": "0", "timestamp": 1, "message": "one", "logStreamName": "job/i-1"},
    ]
    with Stubber(session.logs) as stubber:
        wanted = {"logGroupName": LOG_GROUP, "logStreamNamePrefix": "job/", "startTime": 1}
        stubber.add_response("filter_log_events", {"events": events}, wanted)
        assert [event.text for event in LogReader(session).last(LOG_GROUP, 2, 1, "job/")] == ["two", "three"]


def test_the_machines_are_botocores() -> None:
    assert {"ml.m5.large", "ml.c5.xlarge"} <= instance_types()
    assert "ml.t2.medium" not in instance_types()
