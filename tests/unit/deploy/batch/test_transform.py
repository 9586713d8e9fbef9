"""Every documented limit of a transform job, and the request that is made of what was asked."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from container import __version__
from deploy.aws.s3 import S3Uri
from deploy.batch.plan import typed
from deploy.batch.request import build, job_name
from deploy.batch.transform import Transform, check, kind
from deploy.errors import LimitError, NotSupported, UsageError

TYPES = ["ml.m5.large", "ml.m5.xlarge"]
NOON = dt.datetime(2026, 11, 24, 12, 0, 5, tzinfo=dt.UTC)


def asked(**changes: Any) -> Transform:
    values: dict[str, Any] = {
        "input": S3Uri("rows", "in/"),
        "output": S3Uri("rows", "out"),
        "content_type": "text/csv",
        "split": "line",
    }
    return Transform(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_payload_mb": 0, "max_concurrent": 100},
        {"max_payload_mb": 100, "max_concurrent": 1},
        {"max_payload_mb": 10, "max_concurrent": 10},
        {"max_concurrent": 16},
        {"instances": 100},
        {"strategy": "single"},
        {"join": True, "input_filter": "$[1:]", "output_filter": "$[0,-1]"},
        {"join": True, "content_type": "application/x-ndjson", "accept": "application/jsonlines"},
        {"join": True, "content_type": "application/json", "split": "none"},
        {"content_type": "application/x-npy", "split": "none"},
    ],
)
def test_what_sagemaker_takes_passes(changes: dict[str, Any]) -> None:
    check(asked(**changes), TYPES)


@pytest.mark.parametrize(
    ("changes", "refusal", "message"),
    [
        ({"instances": 0}, LimitError, "--instances is 1 to 100; this is 0"),
        ({"instances": 101}, LimitError, "--instances is 1 to 100; this is 101"),
        ({"max_payload_mb": 101}, LimitError, "--max-payload is 0 to 100 MB"),
        ({"max_payload_mb": -1}, LimitError, "--max-payload is 0 to 100 MB"),
        ({"max_concurrent": 0}, LimitError, "--max-concurrent is at least 1"),
        ({"max_concurrent": 101, "max_payload_mb": 0}, LimitError, "may be 100 MB at most"),
        ({"max_concurrent": 11, "max_payload_mb": 10}, LimitError, "11 x 10 MB = 110 MB"),
        ({"max_concurrent": 17}, LimitError, "17 x 6 MB, the default, = 102 MB"),
        ({"instance_type": "ml.m5.larg"}, LimitError, "no machine for batch transform"),
        ({"input": S3Uri("rows", "k" * 1020)}, LimitError, "--input has at most 1024 characters"),
        ({"content_type": "text/csv;" + "x" * 256}, LimitError, "--content-type has at most 256"),
        ({"accept": "a" * 257}, LimitError, "--accept has at most 256"),
        ({"input_filter": "$" + "a" * 63}, LimitError, "--input-filter has at most 63"),
        ({"input_filter": "[1:]"}, UsageError, "--input-filter is a JSONPath"),
        ({"output_filter": "$[0]"}, UsageError, "--output-filter chooses from the joined rows"),
        ({"input_filter": "$", "content_type": "application/x-npy", "split": "none"}, NotSupported, "--input-filter"),
        ({"split": "none", "strategy": "multi"}, NotSupported, "--strategy multi says how lines go"),
        ({"content_type": "application/json"}, NotSupported, "can't be split by line"),
        ({"join": True, "accept": "application/json"}, NotSupported, "text/csv in and application/json out"),
        (
            {"join": True, "content_type": "application/x-parquet", "split": "none"},
            NotSupported,
            "--join needs answers in the form of the input",
        ),
    ],
)
def test_what_sagemaker_refuses_is_refused(changes: dict[str, Any], refusal: type, message: str) -> None:
    with pytest.raises(refusal, match=re.escape(message)) as refused:
        check(asked(**changes), TYPES)
    assert refused.value.exit_code == 2
    assert "\n" not in refused.value.message


def test_the_nearest_machine_is_offered() -> None:
    with pytest.raises(LimitError) as refused:
        check(asked(instance_type="ml.m5.larg"), TYPES)
    assert refused.value.hint == "Did you mean 'ml.m5.large'?"


@pytest.mark.parametrize(
    ("key", "media_type", "split"),
    [
        ("rows.csv", "text/csv", "line"),
        ("a/rows.JSONL", "application/jsonlines", "line"),
        ("rows.json", "application/json", "none"),
        ("rows.npy", "application/x-npy", "none"),
        ("rows.parquet", "application/x-parquet", "none"),
        ("rows", "text/csv", "line"),
    ],
)
def test_an_objects_name_tells_its_type(key: str, media_type: str, split: str) -> None:
    found = typed(asked(), key, None, None)
    assert (found.content_type, found.split) == (media_type, split)


def test_a_type_is_known_by_its_other_names() -> None:
    assert kind("Text/CSV; charset=utf-8") == "text/csv"
    for name in ("application/x-ndjson", "application/jsonl", "application/x-jsonlines"):
        assert kind(name) == "application/jsonlines"


def valid(request: dict[str, Any]) -> dict[str, Any]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    report = ParamValidator().validate(request, model.operation_model("CreateTransformJob").input_shape)
    assert not report.has_errors(), report.generate_report()
    return request


def test_what_nobody_asked_for_is_left_to_the_container() -> None:
    request = valid(build("job", "model", asked()))
    assert request == {
        "TransformJobName": "job",
        "ModelName": "model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://rows/in/"}},
            "ContentType": "text/csv; header=absent",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://rows/out", "AssembleWith": "None"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "Tags": [{"Key": "coppice:batch", "Value": "job"}, {"Key": "coppice:version", "Value": __version__}],
    }


def test_everything_asked_for_is_in_the_request() -> None:
    everything = asked(
        join=True,
        input_filter="$[1:]",
        output_filter="$[0,-1]",
        strategy="single",
        max_payload_mb=2,
        max_concurrent=4,
        instances=3,
        instance_type="ml.m5.xlarge",
    )
    request = valid(build("job", "model", everything))
    assert request["DataProcessing"] == {"InputFilter": "$[1:]", "OutputFilter": "$[0,-1]", "JoinSource": "Input"}
    assert request["TransformInput"]["ContentType"] == "text/csv"
    assert request["TransformOutput"] == {"S3OutputPath": "s3://rows/out", "Accept": "text/csv", "AssembleWith": "Line"}
    assert (request["BatchStrategy"], request["MaxPayloadInMB"], request["MaxConcurrentTransforms"]) == (
        "SingleRecord",
        2,
        4,
    )
    assert request["TransformResources"] == {"InstanceType": "ml.m5.xlarge", "InstanceCount": 3}


def test_whole_objects_keep_their_type_and_are_put_together_as_they_are() -> None:
    request = valid(build("job", "model", asked(split="none", accept="application/json")))
    assert request["TransformInput"]["ContentType"] == "text/csv"
    assert request["TransformInput"]["SplitType"] == "None"
    assert request["TransformOutput"]["Accept"] == "application/json"
    assert "DataProcessing" not in request


def test_job_names_are_new_and_fit() -> None:
    name = job_name("houses", NOON)
    assert re.fullmatch(r"houses-batch-20261124-120005-[0-9a-f]{4}", name)
    long = job_name("h" * 30 + "-" + "h" * 40, NOON)
    assert len(long) <= 63
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", long)
