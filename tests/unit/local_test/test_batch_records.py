"""Cutting an object into requests, and joining what came back."""

from __future__ import annotations

from typing import Any

import pytest

from local_test.emulator.batch.records import BadRecord, Records
from local_test.emulator.batch.settings import Job, Sending

MULTI = Sending(1, 6, "MultiRecord")
SINGLE = Sending(1, 6, "SingleRecord")


def records(split: str = "Line", kind: str = "text/csv", assemble: str = "None", **processing: Any) -> Records:
    accept = {"Accept": processing.pop("accept")} if "accept" in processing else {}
    return Records(
        Job(
            {
                "TransformJobName": "job",
                "ModelName": "m",
                "TransformInput": {
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://rows/in/"}},
                    "ContentType": kind,
                    "SplitType": split,
                },
                "TransformOutput": {"S3OutputPath": "s3://rows/out", "AssembleWith": assemble, **accept},
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                "DataProcessing": processing,
            }
        )
    )


def test_an_object_is_one_request_unless_it_is_split():
    assert list(records("None").batches(b"1\n2\n", MULTI)) == [b"1\n2\n"]
    assert list(records("None").batches(b"1\n2\n", SINGLE)) == [b"1\n2\n"]
    with pytest.raises(BadRecord, match="Too much data for max payload size"):
        list(records("None").batches(b"1" * (6 << 20) + b"1", MULTI))
    assert len(list(records("None").batches(b"1" * (7 << 20), Sending(1, 0, "MultiRecord")))) == 1


def test_lines_one_by_one_or_as_many_as_fit():
    assert list(records().batches(b"1\n2\r\n\n3", SINGLE)) == [b"1\n", b"2\r\n", b"3"]
    assert list(records().batches(b"1\n2\n3", MULTI)) == [b"1\n2\n3"]
    line = b"x" * 399_999 + b"\n"
    assert [len(batch) for batch in records().batches(line * 6, Sending(1, 1, "MultiRecord"))] == [800_000] * 3
    assert list(records().batches(b"", MULTI)) == []


def test_a_line_as_long_as_the_payload_fits_and_no_longer_one():
    line = b"x" * ((1 << 20) - 1) + b"\n"
    assert list(records().batches(line * 2, Sending(1, 1, "MultiRecord"))) == [line, line]
    with pytest.raises(BadRecord, match="Too much data"):
        list(records().batches(b"x" + line, Sending(1, 1, "MultiRecord")))


def test_answers_are_put_together_as_they_are_or_with_a_line_end():
    assert records().answer(b"1\n", b"a") == b"a"
    assert records().answer(b"1\n", b"a\n") == b"a\n"
    assert records(assemble="Line").answer(b"1\n", b"a") == b"a\n"
    assert records(assemble="Line").answer(b"1\n", b"a\n") == b"a\n"


def test_csv_filtered_and_joined():
    joined = records(InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]", assemble="Line")
    batch = b'"a, b",1,2\nc,3,4\n'
    assert joined.question(batch) == b"1,2\n3,4\n"
    assert joined.answer(batch, b"0.5\n0.25\n") == b'"a, b",0.5\nc,0.25\n'
    whole = records(JoinSource="Input", assemble="Line")
    assert whole.answer(b"c,3,4\n", b"x,y") == b"c,3,4,x,y\n"


def test_json_lines_joined():
    joined = records(kind="application/jsonlines", JoinSource="Input", assemble="Line")
    assert joined.answer(b'{"id":1}\n[2]\n', b'{"p":0}\n7\n') == (
        b'{"id":1,"SageMakerOutput":{"p":0}}\n{"SageMakerInput":[2],"SageMakerOutput":7}\n'
    )


def test_json_joined_and_filtered():
    joined = records(
        "None",
        "application/json",
        JoinSource="Input",
        InputFilter="$.features",
        OutputFilter="$['id','SageMakerOutput']",
    )
    batch = '{"id": "ü", "features": [1, 2]}'.encode()
    assert joined.question(batch) == b"[1,2]\n"
    assert joined.answer(batch, b'{"p": 3}') == '{"id":"ü","SageMakerOutput":{"p":3}}'.encode()


def test_an_output_filter_alone_chooses_from_the_answers():
    assert records(OutputFilter="$[1]", assemble="Line").answer(b"1\n2\n", b"a,b\nc,d\n") == b"b\nd\n"


@pytest.mark.parametrize(
    ("processing", "words"),
    [
        ({"InputFilter": "$..a"}, "operator"),
        ({"JoinSource": "Input", "kind": "application/x-npy"}, "can't be filtered or joined"),
        ({"JoinSource": "Input", "accept": "application/json"}, "can't be joined"),
        ({"OutputFilter": "$[0]", "accept": "application/x-npy"}, "can't be filtered or joined"),
        ({"split": "RecordIO"}, "RecordIO"),
    ],
)
def test_jobs_that_cannot_be(processing, words):
    with pytest.raises(BadRecord, match=words):
        records(**processing)


@pytest.mark.parametrize(("answer", "words"), [(b"1\n", "1 answers came to 2 records"), (b"\xff", "Failed to parse")])
def test_answers_that_do_not_match(answer, words):
    with pytest.raises(BadRecord, match=words):
        records(JoinSource="Input").answer(b"a\nb\n", answer)


def test_a_record_without_what_is_filtered():
    with pytest.raises(BadRecord, match="selects nothing"):
        records(InputFilter="$[3]").question(b"1,2\n")
