"""Transform jobs over S3, with instances that are functions behind HTTP."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator

import pytest
from batch_account import BatchAccount, batch_account
from local_cloud import LocalCloud

from local_test.emulator.instances.starter import StartFailed

CSV_ROWS = b"1,2\n3,4\n5,6\n"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    cloud = LocalCloud()
    yield cloud
    cloud.close()


@pytest.fixture
def account(cloud: LocalCloud) -> Iterator[BatchAccount]:
    with batch_account(cloud) as account:
        yield account


def sums(path, headers, body):
    if path != "/invocations":
        return 404, b""
    return 200, b"".join(b"%d\n" % sum(map(int, line.split(b","))) for line in body.splitlines())


def test_every_object_is_answered_where_it_belongs(account):
    account.starter.answer = sums
    account.put(a_csv=CSV_ROWS, more__b_csv=b"10,20\n")
    done = account.run()
    assert done["TransformJobStatus"] == "Completed"
    assert account.outputs() == {"a.csv.out": b"3\n7\n11\n", "more/b.csv.out": b"30\n"}
    assert done["CreationTime"] <= done["TransformStartTime"] <= done["TransformEndTime"]
    assert "FailureReason" not in done


@pytest.mark.parametrize(
    ("uri", "names"),
    [
        ("s3://rows/in", ["a.csv.out", "more/b.csv.out"]),
        ("s3://rows/in/more/", ["b.csv.out"]),
        ("s3://rows/in/more/b.csv", ["b.csv.out"]),
        ("s3://rows/in/mo", ["more/b.csv.out"]),
        ("s3://rows", ["in/a.csv.out", "in/more/b.csv.out"]),
    ],
)
def test_names_of_answers_keep_what_is_below_the_prefix(account, uri, names):
    account.put(a_csv=CSV_ROWS, more__b_csv=CSV_ROWS)
    assert account.run(Source={"S3DataType": "S3Prefix", "S3Uri": uri})["TransformJobStatus"] == "Completed"
    assert sorted(account.outputs()) == names


def test_a_manifest_names_objects(account):
    account.put(a_csv=b"1\n", b_csv=b"2\n", more__c_csv=b"3\n")
    manifest = [{"prefix": "s3://rows/in/"}, "a.csv", "more/c.csv"]
    account.s3.put_object(Bucket="rows", Key="manifest.json", Body=json.dumps(manifest).encode())
    account.run(Source={"S3DataType": "ManifestFile", "S3Uri": "s3://rows/manifest.json"})
    assert account.outputs() == {"a.csv.out": b"1\n", "more/c.csv.out": b"3\n"}


def test_compressed_objects(account):
    account.starter.answer = sums
    account.put(a_csv_gz=gzip.compress(CSV_ROWS), b_csv=b"1,1\n")
    done = account.run(Input={"CompressionType": "Gzip"})
    assert account.outputs() == {"a.csv.gz.out": b"3\n7\n11\n"}
    assert done["FailureReason"] == "ClientError: See job logs for more information"
    assert (
        account.logs.data_log()[-1] == "rows/in/b.csv: ClientError: rows/in/b.csv is not gzip, which "
        "CompressionType says."
    )


def test_what_the_container_gets(account):
    asked = []

    def answer(path, headers, body):
        asked.append((path, headers.get("Content-Type"), headers.get("Accept"), body))
        return 200, body

    account.starter.answer = answer
    account.put(a_csv=CSV_ROWS)
    account.run(
        BatchStrategy="SingleRecord",
        MaxPayloadInMB=1,
        Environment={"B": "2"},
        Output={"Accept": "application/jsonlines"},
    )
    kinds = ("text/csv", "application/jsonlines")
    assert asked[0][0] == "/execution-parameters"
    assert sorted(asked[1:]) == [("/invocations", *kinds, row) for row in (b"1,2\n", b"3,4\n", b"5,6\n")]
    (wanted,) = account.starter.wanted
    assert wanted.memory_mb is None
    assert (wanted.image, wanted.model_url) == ("coppice:1", "s3://rows/model.tar.gz")
    assert wanted.environment == {
        "A": "1",
        "B": "2",
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "1",
    }


def test_the_container_chooses_what_nobody_asked_for(account):
    def answer(path, headers, body):
        wishes = {"MaxConcurrentTransforms": 3, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2}
        return 200, json.dumps(wishes).encode() if path == "/execution-parameters" else body

    account.starter.answer = answer
    account.put(a_csv=CSV_ROWS)
    account.run()
    assert account.logs.data_log() == ["MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD"]
    account.logs.lines.clear()
    account.run(MaxConcurrentTransforms=2)
    assert account.logs.data_log() == ["MaxConcurrentTransforms=2, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD"]


def test_as_many_requests_at_a_time_as_may_be_and_answers_in_order(account):
    here, most = [], []
    both = threading.Barrier(2, timeout=30)

    def answer(path, headers, body):
        if path != "/invocations":
            return 404, b""
        here.append(body)
        most.append(len(here))
        both.wait()
        here.remove(body)
        return 200, body

    account.starter.answer = answer
    account.put(a_csv=b"".join(b"%d\n" % number for number in range(10)))
    account.run(MaxConcurrentTransforms=2, BatchStrategy="SingleRecord", MaxPayloadInMB=1)
    assert account.outputs()["a.csv.out"].split() == [b"%d" % number for number in range(10)]
    assert max(most) == 2


def test_objects_spread_over_instances(account):
    account.put(a_csv=b"1\n", b_csv=b"2\n", c_csv=b"3\n")
    assert account.run(Instances=2)["TransformJobStatus"] == "Completed"
    assert len(account.starter.instances) == 2
    assert set(account.outputs().values()) == {b"1\n", b"2\n", b"3\n"}


def test_a_bad_record_fails_its_object_and_the_job_and_no_other_object(account):
    bad = []

    def answer(path, headers, body):
        if b"x" not in body:
            return 200, body
        bad.append(body)
        return 400, b"Row 2:\nno number"

    account.starter.answer = answer
    account.put(a_csv=b"1\nx\n", b_csv=b"2\n")
    done = account.run()
    assert done["TransformJobStatus"] == "Failed"
    assert done["FailureReason"] == "ClientError: See job logs for more information"
    assert account.outputs() == {"b.csv.out": b"2\n"}
    assert bad == [b"1\nx\n"]  # a client's error isn't asked again
    assert account.logs.data_log()[1:] == [
        "rows/in/a.csv: Bad HTTP status received from algorithm: 400",
        "rows/in/a.csv: ",
        "rows/in/a.csv: Message:",
        "rows/in/a.csv: Row 2:",
        "rows/in/a.csv: no number",
    ]


@pytest.mark.parametrize(("retries", "status"), [(2, "Completed"), (1, "Failed")])
def test_server_errors_are_asked_again(account, retries, status):
    asked = []

    def answer(path, headers, body):
        asked.append(path)
        return (503, b"busy") if asked.count("/invocations") < 3 else (200, body)

    account.starter.answer = answer
    account.put(a_csv=b"1\n")
    done = account.run(ModelClientConfig={"InvocationsMaxRetries": retries, "InvocationsTimeoutInSeconds": 60})
    assert done["TransformJobStatus"] == status
    assert asked.count("/invocations") == retries + 1
    if status == "Failed":
        assert done["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_no_answer_in_time(account):
    late = threading.Event()

    def answer(path, headers, body):
        if path == "/invocations":
            late.wait(30)
        return 200, b""

    account.starter.answer = answer
    account.put(a_csv=b"1\n")
    done = account.run(ModelClientConfig={"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0})
    late.set()
    assert done["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert "Unable to get response from algorithm" in account.logs.data_log()[-1]


def test_a_record_larger_than_the_payload(account):
    account.put(a_csv=b"1" * (1 << 20) + b"\n")
    assert account.run(MaxPayloadInMB=1)["FailureReason"] == "ClientError: See job logs for more information"
    assert account.logs.data_log()[-1] == "rows/in/a.csv: Too much data for max payload size"


def test_answers_joined_to_their_rows(account):
    account.starter.answer = sums
    account.put(a_csv=b"id1,1,2\nid2,3,4\n")
    done = account.run(
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        Output={"AssembleWith": "Line", "Accept": "text/csv"},
    )
    assert done["TransformJobStatus"] == "Completed", account.logs.data_log()
    assert account.outputs() == {"a.csv.out": b"id1,3\nid2,7\n"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("s3://rows/nothing/", 'No S3 objects found under S3 URL "s3://rows/nothing/"'),
        ("s3://no-such-bucket/in/", 'No S3 objects found under S3 URL "s3://no-such-bucket/in/"'),
    ],
)
def test_no_rows(account, source, reason):
    done = account.run(Source={"S3DataType": "S3Prefix", "S3Uri": source})
    assert done["TransformJobStatus"] == "Failed"
    assert reason in done["FailureReason"]
    assert account.starter.instances == []


def test_nowhere_to_write(account):
    account.put(a_csv=b"1\n")
    done = account.run(Output={"S3OutputPath": "s3://no-such-bucket/out"})
    assert done["FailureReason"].startswith("ClientError: Failed to upload no-such-bucket/out/a.csv.out")


def test_a_model_that_is_gone(account):
    account.put(a_csv=b"1\n")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model/gone"
    assert account.run(ModelName="gone")["FailureReason"] == f'ClientError: Could not find model "{arn}".'


@pytest.mark.parametrize(("missing", "who"), [(True, "ClientError"), (False, "AlgorithmError")])
def test_no_instance(account, missing, who):
    account.put(a_csv=b"1\n")
    account.starter.failure = StartFailed("it doesn't start", image_missing=missing)
    assert account.run()["FailureReason"] == f"{who}: it doesn't start"


@pytest.mark.parametrize("split", ["RecordIO", "TFRecord"])
def test_splits_that_are_not_known_here(account, split):
    account.put(a_csv=b"1\n")
    assert account.run(Input={"SplitType": split})["FailureReason"] == (
        f"ClientError: coppice local doesn't split by {split}; it knows Line and None"
    )


def test_stopped_in_the_middle(account):
    asked, go_on = threading.Event(), threading.Event()

    def answer(path, headers, body):
        if body == b"2\n":
            asked.set()
            go_on.wait(30)
        return 200, body

    account.starter.answer = answer
    account.put(a_csv=b"1\n", b_csv=b"2\n")
    job = account.start(MaxConcurrentTransforms=1)
    assert asked.wait(30)
    account.store.change(job, lambda document: document.update(TransformJobStatus="Stopping"))
    account.transforms.stop(job)
    go_on.set()
    assert account.end(job)["TransformJobStatus"] == "Stopped"
    assert account.outputs() == {}


def test_what_was_under_way_when_the_emulator_ended_has_failed(account):
    asked, go_on = threading.Event(), threading.Event()

    def answer(path, headers, body):
        if path == "/invocations":
            asked.set()
            go_on.wait(30)
        return 200, body

    account.starter.answer = answer
    account.put(a_csv=b"1\n")
    job = account.start()
    assert asked.wait(30)
    go_on.set()
    account.transforms.close()
    document = account.store.get(job)
    if document["TransformJobStatus"] == "InProgress":
        account.transforms.restore()
        assert account.end(job)["FailureReason"].startswith("InternalServerError: coppice local ended")
